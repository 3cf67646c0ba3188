package io.loadstar.layout;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.List;

/** A blob in an archive. Thread-safe; closing it closes nothing: the file is the archive's. */
final class ArchivedBlob implements BlobSource {

  private final FilePart part;
  private final String name;
  private final Digest digest;

  /**
   * @param name the archive and the entry, for messages
   */
  ArchivedBlob(FilePart part, String name, Digest digest) {
    this.part = part;
    this.name = name;
    this.digest = digest;
  }

  @Override
  public Digest digest() {
    return digest;
  }

  @Override
  public long size() {
    return part.size();
  }

  @Override
  public void readFully(long offset, ByteBuffer destination) throws IOException {
    part.readFully(offset, destination);
  }

  @Override
  public void readRanges(List<ByteRange> ranges, RangeReceiver receiver) throws IOException {
    for (ByteRange range : ranges) {
      receiver.receive(range, new RangeStream(range));
    }
  }

  @Override
  public void check() throws IOException {
    if (part.size() > 0) {
      part.readFully(part.size() - 1, ByteBuffer.allocate(1));
    }
  }

  @Override
  public void close() {}

  @Override
  public String toString() {
    return name;
  }

  /** One range as a stream. Not thread-safe. */
  private final class RangeStream extends InputStream {
    private long position;
    private final long end;

    RangeStream(ByteRange range) {
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
      part.readFully(position, ByteBuffer.wrap(target, start, wanted));
      position += wanted;
      return wanted;
    }
  }
}
