package io.loadstar.registry;

import io.loadstar.blob.ByteRange;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import okhttp3.Response;

/**
 * The body of an answer, with the bytes of the blob that it holds. Not thread-safe; whoever got it
 * closes it.
 */
final class RangeBody implements Closeable {

  private static final int SKIP_BYTES = 1 << 16;

  private final Response response;
  private final InputStream in;
  private final String object;
  private final long end;
  private long position;

  RangeBody(Response response, ByteRange held, String object) {
    this.response = response;
    this.in = response.body().byteStream();
    this.object = object;
    this.position = held.offset();
    this.end = held.end();
  }

  /** Whether the byte at {@code offset} is still to come out of this body. */
  boolean reaches(long offset) {
    return position <= offset && offset < end;
  }

  /** How many bytes would have to be dropped to come to {@code offset}. */
  long distanceTo(long offset) {
    return offset - position;
  }

  /**
   * Reads at least one of the bytes at {@code offset}, having dropped those before it.
   *
   * @throws RegistryException if the body breaks off
   */
  int read(long offset, byte[] target, int start, int length) throws IOException {
    while (position < offset) {
      int wanted = (int) Math.min(SKIP_BYTES, offset - position);
      readSome(new byte[wanted], 0, wanted);
    }
    return readSome(target, start, (int) Math.min(length, end - position));
  }

  private int readSome(byte[] target, int start, int length) throws IOException {
    try {
      int count = in.read(target, start, length);
      if (count < 0) {
        throw new EOFException("at byte " + position + " of the blob, before byte " + end);
      }
      position += count;
      return count;
    } catch (IOException e) {
      throw HttpExchanges.orInterrupted(e, Failures.brokenOff(response.request(), object, e));
    }
  }

  @Override
  public void close() {
    response.close();
  }
}
