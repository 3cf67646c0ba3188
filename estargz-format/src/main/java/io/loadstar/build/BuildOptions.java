package io.loadstar.build;

import io.loadstar.deflate.DeflateEncoder;
import io.loadstar.format.BlobFormat;
import io.loadstar.format.StargzFooter;
import io.loadstar.layer.Chunk;

/**
 * What decides a layer's bytes: the same input with the same options always gives the same blob,
 * whatever the machine. And what is too much. Immutable.
 *
 * @param format how the blob is laid out
 * @param chunkSize most bytes of a file that are verified, and fetched, as a unit
 * @param minChunkSize a member takes further chunks until it has this many uncompressed bytes; 0
 *     for a member of its own for each
 * @param compressionLevel of deflate, 0 to 9, or of zstd, 1 to 22
 * @param lossless whether the uncompressed layer stays as it is, to the byte
 * @param prioritized the files that are placed first, for the prefetch
 * @param maxLayerBytes most bytes of the uncompressed tar: one that has more isn't built
 */
public record BuildOptions(
    BlobFormat format,
    int chunkSize,
    int minChunkSize,
    int compressionLevel,
    boolean lossless,
    PrioritizedFiles prioritized,
    long maxLayerBytes) {

  /**
   * What a kernel's reads are rounded up to; other writers of the format have 4 MiB, and fetch four
   * times as much for who jumps in a large file. What others cost and save stands in
   * docs/formats.md.
   */
  public static final int DEFAULT_CHUNK_SIZE = 1 << 20;

  /** What the others cost and save stands in docs/formats.md. */
  public static final int DEFAULT_DEFLATE_LEVEL = 6;

  /** Zstandard's own default. */
  public static final int DEFAULT_ZSTD_LEVEL = 3;

  /** Zstandard's highest, which takes much memory. */
  public static final int MAX_ZSTD_LEVEL = 22;

  /** Larger than any layer that was seen, and small enough not to fill a disk unasked: 128 GiB. */
  public static final long DEFAULT_MAX_LAYER_BYTES = 128L << 30;

  /** eStargz with the 47-byte footer, chunks of 1 MiB, level 6, no prioritized files. */
  public static final BuildOptions DEFAULT =
      new BuildOptions(
          new BlobFormat.EStargz(StargzFooter.LEGACY),
          DEFAULT_CHUNK_SIZE,
          0,
          DEFAULT_DEFLATE_LEVEL,
          false,
          PrioritizedFiles.NONE,
          DEFAULT_MAX_LAYER_BYTES);

  public BuildOptions {
    if (chunkSize <= 0 || chunkSize > Chunk.MAX_SIZE) {
      throw new IllegalArgumentException(
          "chunk size " + chunkSize + " isn't between 1 and " + Chunk.MAX_SIZE);
    }
    if (minChunkSize < 0 || minChunkSize > Chunk.MAX_SIZE) {
      throw new IllegalArgumentException(
          "min chunk size " + minChunkSize + " isn't between 0 and " + Chunk.MAX_SIZE);
    }
    if (maxLayerBytes < 1) {
      throw new IllegalArgumentException("no layer has less than " + maxLayerBytes + " bytes");
    }
    requireLevel(format, compressionLevel);
    if (lossless && format instanceof BlobFormat.EStargz) {
      throw new IllegalArgumentException(
          "lossless: eStargz has its TOC in the tar; choose an external TOC or zstd:chunked");
    }
    if (lossless && !prioritized.equals(PrioritizedFiles.NONE)) {
      throw new IllegalArgumentException(
          "lossless: prioritized files would have to be moved to the front");
    }
  }

  private static void requireLevel(BlobFormat format, int level) {
    int least = format.isZstd() ? 1 : 0;
    int most = format.isZstd() ? MAX_ZSTD_LEVEL : DeflateEncoder.MAX_LEVEL;
    if (level < least || level > most) {
      throw new IllegalArgumentException(
          "compression level " + level + " isn't between " + least + " and " + most);
    }
  }

  /** The level that is taken for a format unless another is said. */
  public static int defaultLevel(BlobFormat format) {
    return format.isZstd() ? DEFAULT_ZSTD_LEVEL : DEFAULT_DEFLATE_LEVEL;
  }

  /** What compresses a layer that is built so. */
  public Compressor compressor() {
    return format.isZstd() ? Compressor.ofZstd() : Compressor.DEFLATE;
  }

  /** Another format; at its default level, if it has other ones. */
  public BuildOptions withFormat(BlobFormat other) {
    int level = other.isZstd() == format.isZstd() ? compressionLevel : defaultLevel(other);
    return new BuildOptions(
        other, chunkSize, minChunkSize, level, lossless, prioritized, maxLayerBytes);
  }

  public BuildOptions withChunkSize(int bytes) {
    return new BuildOptions(
        format, bytes, minChunkSize, compressionLevel, lossless, prioritized, maxLayerBytes);
  }

  public BuildOptions withMinChunkSize(int bytes) {
    return new BuildOptions(
        format, chunkSize, bytes, compressionLevel, lossless, prioritized, maxLayerBytes);
  }

  public BuildOptions withCompressionLevel(int level) {
    return new BuildOptions(
        format, chunkSize, minChunkSize, level, lossless, prioritized, maxLayerBytes);
  }

  public BuildOptions withLossless(boolean asItIs) {
    return new BuildOptions(
        format, chunkSize, minChunkSize, compressionLevel, asItIs, prioritized, maxLayerBytes);
  }

  public BuildOptions withPrioritized(PrioritizedFiles files) {
    return new BuildOptions(
        format, chunkSize, minChunkSize, compressionLevel, lossless, files, maxLayerBytes);
  }

  public BuildOptions withMaxLayerBytes(long bytes) {
    return new BuildOptions(
        format, chunkSize, minChunkSize, compressionLevel, lossless, prioritized, bytes);
  }
}
