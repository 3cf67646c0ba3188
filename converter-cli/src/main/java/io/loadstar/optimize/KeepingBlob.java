package io.loadstar.optimize;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * A blob that is put into a file when somebody reads the whole of it. Thread-safe. Closing it
 * closes the blob behind it.
 *
 * @param file where it goes, whole or not at all
 */
record KeepingBlob(BlobSource source, Path file) implements BlobSource {

  @Override
  public Digest digest() {
    return source.digest();
  }

  @Override
  public long size() {
    return source.size();
  }

  @Override
  public void readRanges(List<ByteRange> ranges, RangeReceiver receiver) throws IOException {
    boolean whole = ranges.equals(List.of(new ByteRange(0, source.size())));
    source.readRanges(ranges, whole ? (range, bytes) -> keep(range, bytes, receiver) : receiver);
  }

  private void keep(ByteRange range, InputStream bytes, RangeReceiver receiver) throws IOException {
    Path part = Files.createTempFile(file.getParent(), "layer-", ".part");
    try {
      boolean complete;
      try (OutputStream out = Files.newOutputStream(part)) {
        Tee tee = new Tee(bytes, out);
        receiver.receive(range, tee);
        complete = tee.count == range.length();
      }
      if (complete) {
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      }
    } finally {
      Files.deleteIfExists(part);
    }
  }

  @Override
  public void check() throws IOException {
    source.check();
  }

  @Override
  public void close() throws IOException {
    source.close();
  }

  /** Writes what is read. */
  private static final class Tee extends FilterInputStream {

    private final OutputStream out;
    private long count;

    private Tee(InputStream in, OutputStream out) {
      super(in);
      this.out = out;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int start, int length) throws IOException {
      int read = in.read(target, start, length);
      if (read > 0) {
        out.write(target, start, read);
        count += read;
      }
      return read;
    }

    @Override
    public long skip(long wanted) throws IOException {
      byte[] dropped = new byte[(int) Math.clamp(wanted, 0L, 1L << 16)];
      return Math.max(0, read(dropped, 0, dropped.length));
    }

    @Override
    public boolean markSupported() {
      return false;
    }
  }
}
