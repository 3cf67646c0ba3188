package io.loadstar.convert;

import io.loadstar.build.BuiltLayer;
import io.loadstar.build.WrittenToc;
import io.loadstar.format.BlobFormat;
import io.loadstar.format.ZstdFooter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a manifest says of a layer's TOC: the only thing that vouches for it. Stateless. */
public final class TocAnnotations {

  /** The digest of the TOC, by which containerd's snapshotters verify the layer. */
  public static final String TOC_DIGEST = "containerd.io/snapshot/stargz/toc.digest";

  /** Bytes of the uncompressed blob, with the TOC; other tools show them. */
  public static final String UNCOMPRESSED_SIZE = "io.containers.estargz.uncompressed-size";

  /** The digest of the compressed TOC, as stargz-snapshotter writes it. */
  public static final String MANIFEST_CHECKSUM = "io.containers.zstd-chunked.manifest-checksum";

  /** Offset, compressed size, uncompressed size and type of the TOC. */
  public static final String MANIFEST_POSITION = "io.containers.zstd-chunked.manifest-position";

  /** The digest of the compressed TOC, as containers/storage reads it. */
  public static final String PODMAN_CHECKSUM =
      "io.github.containers.zstd-chunked.manifest-checksum";

  /** What {@link #MANIFEST_POSITION} says, for containers/storage. */
  public static final String PODMAN_POSITION =
      "io.github.containers.zstd-chunked.manifest-position";

  /** All that speak of a layer's very bytes, and so are wrong when it has been rewritten. */
  static final List<String> ALL =
      List.of(
          TOC_DIGEST,
          UNCOMPRESSED_SIZE,
          MANIFEST_CHECKSUM,
          MANIFEST_POSITION,
          PODMAN_CHECKSUM,
          PODMAN_POSITION,
          "io.github.containers.zstd-chunked.tarsplit-checksum",
          "io.github.containers.zstd-chunked.tarsplit-position");

  private static final int TYPE_CRFS = 1;

  private TocAnnotations() {}

  /**
   * Those of a layer that was built.
   *
   * <p>containers/storage refuses a layer that has both its own annotations and {@link
   * #TOC_DIGEST}, so its variant of zstd:chunked has the former only.
   */
  static Map<String, String> of(BuiltLayer built) {
    Map<String, String> annotations = new LinkedHashMap<>();
    WrittenToc toc = built.toc();
    boolean forPodman =
        built.format() instanceof BlobFormat.ZstdChunked(ZstdFooter footer)
            && footer == ZstdFooter.LONG;
    if (!forPodman) {
      annotations.put(TOC_DIGEST, toc.digest().toString());
    }
    if (built.format().isZstd()) {
      String position =
          toc.compressed().offset()
              + ":"
              + toc.compressed().length()
              + ":"
              + toc.size()
              + ":"
              + TYPE_CRFS;
      annotations.put(
          forPodman ? PODMAN_CHECKSUM : MANIFEST_CHECKSUM, toc.compressedDigest().toString());
      annotations.put(forPodman ? PODMAN_POSITION : MANIFEST_POSITION, position);
    }
    annotations.put(UNCOMPRESSED_SIZE, Long.toString(built.uncompressedSize()));
    return annotations;
  }
}
