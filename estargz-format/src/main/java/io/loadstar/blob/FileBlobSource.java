package io.loadstar.blob;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** A blob that is a local file. Thread-safe; closed by whoever opened it. */
public final class FileBlobSource implements BlobSource {

  private final Path path;
  private final Digest digest;
  private final FileChannel channel;
  private final long size;

  private FileBlobSource(Path path, Digest digest, FileChannel channel, long size) {
    this.path = path;
    this.digest = digest;
    this.channel = channel;
    this.size = size;
  }

  /**
   * Opens {@code path} as the blob {@code digest}; the digest is taken on trust.
   *
   * @throws IOException if the file can't be opened
   */
  public static FileBlobSource open(Path path, Digest digest) throws IOException {
    FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
    try {
      return new FileBlobSource(path, digest, channel, channel.size());
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  @Override
  public Digest digest() {
    return digest;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public void readFully(long offset, ByteBuffer destination) throws IOException {
    long position = offset;
    while (destination.hasRemaining()) {
      int count = channel.read(destination, position);
      if (count < 0) {
        throw new EOFException(
            path + ": ends at " + position + ", " + destination.remaining() + " bytes short");
      }
      position += count;
    }
  }

  @Override
  public void readRanges(List<ByteRange> ranges, RangeReceiver receiver) throws IOException {
    for (ByteRange range : ranges) {
      receiver.receive(range, new RangeStream(range));
    }
  }

  @Override
  public void check() throws IOException {
    if (channel.size() != size) {
      throw new IOException(path + ": was " + size + " bytes, is " + channel.size());
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  /** One range of the file as a stream. Not thread-safe. */
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
      int count = channel.read(ByteBuffer.wrap(target, start, wanted), position);
      if (count < 0) {
        throw new EOFException(path + ": ends at " + position + ", wanted up to " + end);
      }
      position += count;
      return count;
    }
  }
}
