package io.loadstar.build;

import io.loadstar.blob.MalformedBlobException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * A stream that fails when it turns out to be longer than it may be: a few kilobytes can decompress
 * to any size. Not thread-safe.
 */
final class CappedInputStream extends FilterInputStream {

  private final long most;
  private long taken;

  /**
   * @param most how many bytes it may have
   */
  CappedInputStream(InputStream in, long most) {
    super(in);
    this.most = most;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int start, int length) throws IOException {
    int count = in.read(target, start, length);
    taken += Math.max(0, count);
    if (taken > most) {
      throw new MalformedBlobException("layer: more than " + most + " bytes uncompressed", most);
    }
    return count;
  }
}
