package io.loadstar.node;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** Drops what an earlier write has stored already. Not thread-safe. Closing it closes nothing. */
final class SkippingOutput extends FilterOutputStream {

  private long toSkip;

  /**
   * @param toSkip bytes from the start that aren't passed on
   */
  SkippingOutput(OutputStream out, long toSkip) {
    super(out);
    this.toSkip = toSkip;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    int skipped = (int) Math.min(toSkip, length);
    toSkip -= skipped;
    if (skipped < length) {
      out.write(bytes, offset + skipped, length - skipped);
    }
  }

  @Override
  public void close() {}
}
