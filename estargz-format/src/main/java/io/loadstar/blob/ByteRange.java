package io.loadstar.blob;

/**
 * A run of bytes of a blob. Immutable.
 *
 * @param offset the first byte, from 0
 * @param length how many bytes, 0 or more
 */
public record ByteRange(long offset, long length) {

  public ByteRange {
    if (offset < 0 || length < 0 || offset > Long.MAX_VALUE - length) {
      throw new IllegalArgumentException("no such range: offset " + offset + ", length " + length);
    }
  }

  /** The range from {@code start} up to, but not including, {@code end}. */
  public static ByteRange between(long start, long end) {
    return new ByteRange(start, end - start);
  }

  /** The offset just behind the last byte. */
  public long end() {
    return offset + length;
  }
}
