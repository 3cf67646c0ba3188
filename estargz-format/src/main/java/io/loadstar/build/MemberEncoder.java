package io.loadstar.build;

import io.loadstar.deflate.BitOutput;

/**
 * Compresses members, one after the other, each alone, so that its bytes depend on nothing but its
 * content and the level.
 *
 * <p>Not thread-safe; made to be used again. Whoever made it closes it, which frees native memory.
 */
sealed interface MemberEncoder extends AutoCloseable permits GzipEncoder, ZstdEncoder {

  /**
   * An encoder for layers of these options.
   *
   * @param output takes what it makes
   */
  static MemberEncoder of(BuildOptions options, BitOutput output) {
    return options.format().isZstd()
        ? new ZstdEncoder(options.compressionLevel(), output)
        : new GzipEncoder(options.compressionLevel(), output);
  }

  /**
   * Begins a member.
   *
   * @param size how many bytes will be added
   */
  void begin(long size);

  /** Adds the first {@code count} of {@code bytes}. */
  void add(byte[] bytes, int count);

  /** Ends the member. */
  void end();

  @Override
  void close();
}
