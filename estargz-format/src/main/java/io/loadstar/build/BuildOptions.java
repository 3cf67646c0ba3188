package io.loadstar.build;

import io.loadstar.deflate.DeflateEncoder;
import io.loadstar.format.StargzFooter;
import io.loadstar.layer.Chunk;

/**
 * What decides a layer's bytes: the same input with the same options always gives the same blob,
 * whatever the machine. And what is too much. Immutable.
 *
 * @param chunkSize most bytes of a file that are verified, and fetched, as a unit
 * @param compressionLevel of deflate, 0 to 9
 * @param footer how the blob ends
 * @param prioritized the files that are placed first, for the prefetch
 * @param maxLayerBytes most bytes of the uncompressed tar: one that has more isn't built
 */
public record BuildOptions(
    int chunkSize,
    int compressionLevel,
    StargzFooter footer,
    PrioritizedFiles prioritized,
    long maxLayerBytes) {

  /** What the format's other writers have as well. */
  public static final int DEFAULT_CHUNK_SIZE = 4 << 20;

  /** What the others cost and save stands in docs/formats.md. */
  public static final int DEFAULT_COMPRESSION_LEVEL = 6;

  /** Larger than any layer that was seen, and small enough not to fill a disk unasked: 128 GiB. */
  public static final long DEFAULT_MAX_LAYER_BYTES = 128L << 30;

  /** Chunks of 4 MiB, level 6, the 47-byte footer, no prioritized files. */
  public static final BuildOptions DEFAULT =
      new BuildOptions(
          DEFAULT_CHUNK_SIZE,
          DEFAULT_COMPRESSION_LEVEL,
          StargzFooter.LEGACY,
          PrioritizedFiles.NONE,
          DEFAULT_MAX_LAYER_BYTES);

  public BuildOptions {
    if (chunkSize <= 0 || chunkSize > Chunk.MAX_SIZE) {
      throw new IllegalArgumentException(
          "chunk size " + chunkSize + " isn't between 1 and " + Chunk.MAX_SIZE);
    }
    if (maxLayerBytes < 1) {
      throw new IllegalArgumentException("no layer has less than " + maxLayerBytes + " bytes");
    }
    if (compressionLevel < 0 || compressionLevel > DeflateEncoder.MAX_LEVEL) {
      throw new IllegalArgumentException(
          "compression level " + compressionLevel + " isn't between 0 and 9");
    }
  }

  /** What compresses a layer that is built so. */
  public Compressor compressor() {
    return Compressor.DEFLATE;
  }

  public BuildOptions withChunkSize(int bytes) {
    return new BuildOptions(bytes, compressionLevel, footer, prioritized, maxLayerBytes);
  }

  public BuildOptions withCompressionLevel(int level) {
    return new BuildOptions(chunkSize, level, footer, prioritized, maxLayerBytes);
  }

  public BuildOptions withFooter(StargzFooter kind) {
    return new BuildOptions(chunkSize, compressionLevel, kind, prioritized, maxLayerBytes);
  }

  public BuildOptions withPrioritized(PrioritizedFiles files) {
    return new BuildOptions(chunkSize, compressionLevel, footer, files, maxLayerBytes);
  }

  public BuildOptions withMaxLayerBytes(long bytes) {
    return new BuildOptions(chunkSize, compressionLevel, footer, prioritized, bytes);
  }
}
