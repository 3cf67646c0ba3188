package io.loadstar.cli;

import io.loadstar.build.BuildOptions;
import io.loadstar.format.BlobFormat;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How layers are built. */
public final class LayerOptions {

  /** One place says how large a chunk is unless told otherwise; here it is as people write it. */
  static final String DEFAULT_CHUNK_SIZE = (BuildOptions.DEFAULT_CHUNK_SIZE >> 20) + "MiB";

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "estargz",
      description = {
        "estargz, zstd:chunked (as containerd's snapshotters read it), or zstd:chunked-podman",
        "(with the annotations of containers/storage instead) (${DEFAULT-VALUE})."
      })
  private String format = "";

  @Option(
      names = "--external-toc",
      description =
          "Keep the TOCs in an image of their own, DST's tag with -esgztoc behind it (estargz).")
  private boolean externalToc;

  @Option(
      names = "--estargz-footer",
      paramLabel = "BYTES",
      defaultValue = "47",
      description = "How a layer ends: 47 or 51 bytes; most readers take both (${DEFAULT-VALUE}).")
  private int footer;

  @Option(
      names = "--chunk-size",
      paramLabel = "SIZE",
      defaultValue = DEFAULT_CHUNK_SIZE,
      description = "Most bytes of a file that are fetched and verified as one (${DEFAULT-VALUE}).")
  private String chunkSize = "";

  @Option(
      names = "--min-chunk-size",
      paramLabel = "SIZE",
      defaultValue = "0",
      description = "Compress smaller files together until they have as much (${DEFAULT-VALUE}).")
  private String minChunkSize = "";

  @Option(
      names = "--compression-level",
      paramLabel = "LEVEL",
      description = "Of gzip from 0 to 9 (6 unless said), of zstd from 1 to 22 (3).")
  private @Nullable Integer compressionLevel;

  @Option(
      names = "--max-layer-size",
      paramLabel = "SIZE",
      defaultValue = "128GiB",
      description = "Refuse a layer that decompresses to more (${DEFAULT-VALUE}).")
  private String maxLayerSize = "";

  /**
   * What was chosen.
   *
   * @throws IllegalArgumentException if any of it makes no sense
   */
  BuildOptions build() {
    BlobFormat blobFormat = new FormatChoice(format, footer, externalToc).format();
    return BuildOptions.DEFAULT
        .withFormat(blobFormat)
        .withChunkSize(ByteSize.parse(chunkSize))
        .withMinChunkSize(ByteSize.parse(minChunkSize))
        .withMaxLayerBytes(ByteSize.parseLong(maxLayerSize))
        .withCompressionLevel(
            compressionLevel == null ? BuildOptions.defaultLevel(blobFormat) : compressionLevel);
  }
}
