package io.loadstar.convert;

import io.loadstar.blob.Digest;
import io.loadstar.blob.DigestMismatchException;
import io.loadstar.oci.Descriptor;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.function.LongConsumer;

/** Hashes a layer's bytes as they are read. Not thread-safe. Closing it leaves the bytes open. */
final class VerifiedStream extends FilterInputStream {

  private static final int DRAIN_BYTES = 1 << 16;

  private final Descriptor layer;
  private final LongConsumer counter;
  private final MessageDigest hash = Digest.newHash();

  VerifiedStream(InputStream bytes, Descriptor layer, LongConsumer counter) {
    super(bytes);
    this.layer = layer;
    this.counter = counter;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int start, int length) throws IOException {
    int count = in.read(target, start, length);
    if (count > 0) {
      hash.update(target, start, count);
      counter.accept(count);
    }
    return count;
  }

  @Override
  public long skip(long count) throws IOException {
    byte[] dropped = new byte[Math.clamp(count, 0, DRAIN_BYTES)];
    return Math.max(0, read(dropped, 0, dropped.length));
  }

  @Override
  public boolean markSupported() {
    return false;
  }

  /**
   * Reads what is left and compares.
   *
   * @throws DigestMismatchException if the bytes weren't the layer's
   */
  void verify() throws IOException {
    byte[] rest = new byte[DRAIN_BYTES];
    int count;
    do {
      count = read(rest, 0, rest.length);
    } while (count >= 0);
    Digest actual = Digest.finish(hash);
    if (!actual.equals(layer.digest())) {
      throw new DigestMismatchException("source layer", layer.digest(), actual);
    }
  }

  @Override
  public void close() {}
}
