package io.loadstar.inspect;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageSource;
import io.loadstar.tar.TarEntry;
import io.loadstar.tar.TarInput;
import io.loadstar.tar.TarReader;
import io.loadstar.tar.TarType;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.List;

/**
 * A layer's whole blob, read once from front to back: decompressed, parsed as tar, each file
 * hashed. Stateless.
 */
final class LayerTar {

  private static final int BUFFER = 1 << 16;

  private LayerTar() {}

  /** Takes what is found on the way. */
  @FunctionalInterface
  interface Receiver {

    /**
     * An entry of the tar.
     *
     * @param facts with the digest of its content, if it is a regular file
     * @param tarOffset where its headers start in the uncompressed tar
     */
    void entry(FileFacts facts, long tarOffset) throws IOException;
  }

  /**
   * What the bytes are.
   *
   * @param digest of the blob
   * @param diffId of what it decompresses to
   * @param uncompressedSize of that
   */
  record Sums(Digest digest, Digest diffId, long uncompressedSize) {}

  /**
   * Reads it.
   *
   * @throws io.loadstar.blob.MalformedBlobException if it is damaged
   * @throws IOException if it can't be read, or as {@code receiver} throws
   */
  static Sums read(ImageSource source, Descriptor layer, Receiver receiver) throws IOException {
    Sums[] sums = new Sums[1];
    try (BlobSource blob = source.openBlob(layer)) {
      blob.readRanges(
          List.of(new ByteRange(0, blob.size())),
          (range, bytes) -> sums[0] = read(bytes, receiver));
    }
    return sums[0];
  }

  private static Sums read(InputStream bytes, Receiver receiver) throws IOException {
    MessageDigest blobHash = Digest.newHash();
    MessageDigest tarHash = Digest.newHash();
    DigestInputStream compressed = new DigestInputStream(bytes, blobHash);
    try (CountedInput tar =
        new CountedInput(new DigestInputStream(TarInput.open(compressed), tarHash))) {
      entries(new TarReader(new BufferedInputStream(tar, BUFFER)), receiver);
      drain(tar);
      drain(compressed);
      return new Sums(Digest.finish(blobHash), Digest.finish(tarHash), tar.count);
    }
  }

  private static void entries(TarReader reader, Receiver receiver) throws IOException {
    byte[] buffer = new byte[BUFFER];
    MessageDigest hash = Digest.newHash();
    TarEntry entry = reader.next();
    while (entry != null) {
      Digest digest = null;
      if (entry.type() == TarType.REGULAR) {
        int count = reader.read(buffer, 0, buffer.length);
        while (count >= 0) {
          hash.update(buffer, 0, count);
          count = reader.read(buffer, 0, buffer.length);
        }
        digest = Digest.finish(hash);
      }
      receiver.entry(FileFacts.of(entry, digest), entry.headers().offset());
      entry = reader.next();
    }
  }

  private static void drain(InputStream in) throws IOException {
    byte[] buffer = new byte[BUFFER];
    int count;
    do {
      count = in.read(buffer);
    } while (count >= 0);
  }

  /** Counts what is read. */
  private static final class CountedInput extends java.io.FilterInputStream {
    private long count;

    CountedInput(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int b = in.read();
      count += b < 0 ? 0 : 1;
      return b;
    }

    @Override
    public int read(byte[] target, int start, int length) throws IOException {
      int read = in.read(target, start, length);
      count += Math.max(0, read);
      return read;
    }

    @Override
    public long skip(long bytes) throws IOException {
      return Math.max(0, read(new byte[(int) Math.min(BUFFER, Math.max(0, bytes))]));
    }
  }
}
