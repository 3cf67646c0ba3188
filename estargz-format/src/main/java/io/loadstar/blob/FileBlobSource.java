package io.loadstar.blob;

import java.io.EOFException;
import java.io.IOException;
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
      receiver.receive(range, new RangeInputStream(range, this::read));
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

  private int read(long position, long end, byte[] target, int start, int length)
      throws IOException {
    int count = channel.read(ByteBuffer.wrap(target, start, length), position);
    if (count < 0) {
      throw new EOFException(path + ": ends at " + position + ", wanted up to " + end);
    }
    return count;
  }
}
