package io.loadstar.inspect;

import io.loadstar.format.BlobFormat;

/** What a format is called before people. Stateless. */
final class FormatName {

  private FormatName() {}

  static String of(BlobFormat format) {
    return switch (format) {
      case BlobFormat.EStargz eStargz -> "eStargz, footer of " + eStargz.footer().size() + " bytes";
      case BlobFormat.ExternalToc() -> "eStargz, TOC in another image";
      case BlobFormat.ZstdChunked zstd ->
          "zstd:chunked, footer of " + zstd.footer().size() + " bytes";
    };
  }
}
