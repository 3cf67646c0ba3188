package io.loadstar.cli;

import io.loadstar.format.BlobFormat;
import io.loadstar.format.StargzFooter;
import io.loadstar.format.ZstdFooter;

/**
 * A format, as typed. Immutable.
 *
 * @param name its name
 * @param footer size in bytes of eStargz's
 * @param externalToc whether the TOC goes into another image
 */
record FormatChoice(String name, int footer, boolean externalToc) {

  /**
   * The format that is meant.
   *
   * @throws IllegalArgumentException if there is none such
   */
  BlobFormat format() {
    if (externalToc && !name.equals("estargz")) {
      throw new IllegalArgumentException(
          "--external-toc: " + name + " has its TOC outside of the tar already; leave it out");
    }
    return switch (name) {
      case "estargz" ->
          externalToc ? new BlobFormat.ExternalToc() : new BlobFormat.EStargz(estargzFooter());
      case "zstd:chunked" -> new BlobFormat.ZstdChunked(ZstdFooter.SHORT);
      case "zstd:chunked-podman" -> new BlobFormat.ZstdChunked(ZstdFooter.LONG);
      default ->
          throw new IllegalArgumentException(
              "no format " + name + "; there are estargz, zstd:chunked and zstd:chunked-podman");
    };
  }

  private StargzFooter estargzFooter() {
    for (StargzFooter each : StargzFooter.values()) {
      if (each.size() == footer) {
        return each;
      }
    }
    throw new IllegalArgumentException("a footer has 47 or 51 bytes, not " + footer);
  }
}
