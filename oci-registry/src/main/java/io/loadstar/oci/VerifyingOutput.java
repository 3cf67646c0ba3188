package io.loadstar.oci;

import io.loadstar.blob.Digest;
import io.loadstar.blob.DigestMismatchException;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;

/**
 * Passes on the bytes of a blob and withholds the last of them unless digest and size are right, so
 * that what comes out whole is what was named. Not thread-safe. Closing it closes nothing.
 */
public final class VerifyingOutput extends FilterOutputStream {

  private final Descriptor blob;
  private final MessageDigest hash = Digest.newHash();
  private long written;

  public VerifyingOutput(Descriptor blob, OutputStream out) {
    super(out);
    this.blob = blob;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    if (length == 0) {
      return;
    }
    if (length > blob.size() - written) {
      throw new IOException(
          "blob " + blob.digest() + " is longer than the " + blob.size() + " bytes it should have");
    }
    hash.update(bytes, offset, length);
    written += length;
    if (written == blob.size()) {
      check();
    }
    out.write(bytes, offset, length);
  }

  /**
   * Says that all has been written.
   *
   * @throws IOException if bytes are missing
   */
  public void finish() throws IOException {
    if (written < blob.size()) {
      throw new IOException(
          "blob " + blob.digest() + " ended after " + written + " of " + blob.size() + " bytes");
    }
    if (blob.size() == 0) {
      check();
    }
    out.flush();
  }

  private void check() throws DigestMismatchException {
    Digest actual = Digest.finish(hash);
    if (!actual.equals(blob.digest())) {
      throw new DigestMismatchException("blob of " + written + " bytes", blob.digest(), actual);
    }
  }

  @Override
  public void close() throws IOException {
    flush();
  }
}
