package io.loadstar.blob;

import java.io.IOException;
import java.io.InputStream;

/**
 * The bytes of a range as a stream, read piece by piece from where they are. Not thread-safe.
 * Closing it does nothing: the source belongs to whoever made it.
 */
public final class RangeInputStream extends InputStream {

  /** Where the bytes are. */
  @FunctionalInterface
  public interface Source {

    /**
     * Reads some of the bytes from {@code position} on, at least one.
     *
     * @param end where the range ends, exclusively: no byte from there on is asked for
     * @param target takes up to {@code length} bytes from {@code start} on
     * @return how many were read
     * @throws IOException if there are none
     */
    int read(long position, long end, byte[] target, int start, int length) throws IOException;
  }

  private final Source source;
  private final long end;
  private long position;

  /**
   * @param range what is read; the stream ends with it
   */
  public RangeInputStream(ByteRange range, Source source) {
    this.source = source;
    this.position = range.offset();
    this.end = range.end();
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int start, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (position >= end) {
      return -1;
    }
    int wanted = (int) Math.min(length, end - position);
    int count = source.read(position, end, target, start, wanted);
    position += count;
    return count;
  }
}
