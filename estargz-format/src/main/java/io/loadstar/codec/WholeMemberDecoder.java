package io.loadstar.codec;

/**
 * Decodes a gzip member of which all bytes are there, at once, which is faster than piece by piece.
 * It needn't be able to: what it doesn't decode, a {@link MemberDecoder} does, or says what is
 * wrong with it.
 *
 * <p>Not thread-safe. Whoever made it closes it, which frees native memory.
 */
public interface WholeMemberDecoder extends AutoCloseable {

  /** What {@link #decode} returns if it didn't. */
  int NOT_DECODED = -1;

  /** Decodes nothing. */
  WholeMemberDecoder NONE =
      new WholeMemberDecoder() {
        @Override
        public int decode(byte[] compressed, byte[] decoded) {
          return NOT_DECODED;
        }

        @Override
        public void close() {}
      };

  /**
   * Decodes the member that {@code compressed} begins with, and compares its checksum.
   *
   * @param decoded gets what it becomes; whatever is in it if this fails is nobody's
   * @return how many bytes it has become, or {@link #NOT_DECODED} if it is broken, doesn't end, or
   *     becomes more than there is room for
   */
  int decode(byte[] compressed, byte[] decoded);

  @Override
  void close();
}
