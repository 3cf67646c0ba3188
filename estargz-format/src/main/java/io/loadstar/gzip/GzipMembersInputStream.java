package io.loadstar.gzip;

import io.loadstar.blob.MalformedBlobException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * What any number of gzip members decompress to, as one stream; the checksum of each is checked.
 *
 * <p>The JDK's stream asks its source whether bytes are available before it looks for a further
 * member, and so takes a slow source for an ended one. Zero bytes behind the last member are
 * ignored, as gzip(1) does. Not thread-safe; closes its source.
 */
public final class GzipMembersInputStream extends InputStream {

  private static final int WINDOW = 1 << 16;

  private final InputStream source;
  private final GzipDecoder decoder = new GzipDecoder();
  private final ByteBuffer window = ByteBuffer.allocate(WINDOW).limit(0);
  private boolean ended;

  /**
   * @param source stands at the first byte of a member
   */
  public GzipMembersInputStream(InputStream source) {
    this.source = source;
    decoder.reset(0);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  /**
   * @throws MalformedBlobException if the source isn't gzip, is damaged, or is cut off
   */
  @Override
  public int read(byte[] target, int start, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    ByteBuffer out = ByteBuffer.wrap(target, start, length);
    while (out.position() == start && !ended) {
      decodeOnce(out);
    }
    return out.position() == start ? -1 : out.position() - start;
  }

  private void decodeOnce(ByteBuffer out) throws IOException {
    if (!window.hasRemaining() && !refill()) {
      if (!decoder.isBetweenMembers()) {
        throw new MalformedBlobException("gzip stream: cut off in a member", decoder.offset());
      }
      ended = true;
      return;
    }
    if (decoder.isBetweenMembers() && window.get(window.position()) == 0) {
      skipPadding();
      return;
    }
    decoder.decode(window, out);
  }

  private boolean refill() throws IOException {
    int count = source.read(window.array(), 0, WINDOW);
    window.position(0).limit(Math.max(count, 0));
    return count >= 0;
  }

  private void skipPadding() throws IOException {
    do {
      while (window.hasRemaining()) {
        if (window.get() != 0) {
          throw new MalformedBlobException(
              "gzip stream: zero bytes and then others behind the last member", decoder.offset());
        }
      }
    } while (refill());
    ended = true;
  }

  @Override
  public void close() throws IOException {
    decoder.close();
    source.close();
  }
}
