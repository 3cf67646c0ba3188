package io.loadstar.tar;

import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import io.loadstar.blob.MalformedBlobException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * What a zstd stream decompresses to; one that is damaged is told as such, and where. Not
 * thread-safe; closes its source.
 *
 * <p>A class of its own also so that the native library is loaded only for a layer that needs it.
 */
final class ZstdTarInput extends InputStream {

  private final Counted source;
  private final ZstdInputStreamNoFinalizer content;

  /**
   * @throws IOException if the decoder can't be made
   */
  ZstdTarInput(InputStream source) throws IOException {
    this.source = new Counted(source);
    this.content = new ZstdInputStreamNoFinalizer(this.source);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  /**
   * @throws MalformedBlobException if the stream is damaged or cut off
   */
  @Override
  public int read(byte[] target, int start, int length) throws IOException {
    try {
      return content.read(target, start, length);
    } catch (ZstdIOException e) {
      throw new MalformedBlobException("zstd stream: " + e.getMessage(), source.taken, e);
    }
  }

  @Override
  public void close() throws IOException {
    content.close();
  }

  /** Knows how far it was read. */
  private static final class Counted extends FilterInputStream {
    private long taken;

    Counted(InputStream source) {
      super(source);
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
      return count;
    }
  }
}
