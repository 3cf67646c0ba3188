package io.loadstar.cache;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An object's file, open for reading, and how many hold it: the table of open objects, and each
 * reader while it reads. Thread-safe. The last to let go closes it, so that a table that overflows
 * doesn't close what is being read.
 */
final class OpenObject {

  private static final Logger LOG = LoggerFactory.getLogger(OpenObject.class);

  private final ProvenObject object;
  private final ObjectKey key;
  private final FileChannel channel;
  private final AtomicInteger holders = new AtomicInteger(1);

  /** Held once, by the caller. */
  OpenObject(ProvenObject object, FileChannel channel) {
    this.object = object;
    this.key = object.key();
    this.channel = channel;
  }

  /** Holds it once more; false if everybody has let go already. */
  boolean hold() {
    int count = holders.get();
    while (count > 0) {
      if (holders.compareAndSet(count, count + 1)) {
        return true;
      }
      count = holders.get();
    }
    return false;
  }

  /** As {@link ProvenObject#isToBeTouched}. */
  boolean isToBeTouched() {
    return object.isToBeTouched();
  }

  /** Ends one {@link #hold}, or the first holder's. */
  void letGo() {
    if (holders.decrementAndGet() == 0) {
      try {
        channel.close();
      } catch (IOException e) {
        LOG.warn("object {} can't be closed: {}", key, e.toString());
      }
    }
  }

  /**
   * Appends all of it to {@code file}; on a file system that can, the bytes are shared, not copied.
   *
   * @throws IOException if one can't be read or the other can't be written
   */
  void appendTo(FileChannel file) throws IOException {
    long done = 0;
    while (done < key.size()) {
      long count = channel.transferTo(done, key.size() - done, file);
      if (count <= 0) {
        throw new IOException("the file was cut short at byte " + done);
      }
      done += count;
    }
  }

  /**
   * Copies from {@code offset} up to the object's end or the buffer's limit.
   *
   * @return how many bytes
   * @throws java.nio.channels.ClosedChannelException if a reader was interrupted: that closes a
   *     FileChannel for all
   * @throws IOException if the file is shorter than it was when it was opened, or can't be read;
   *     the buffer's position is undefined then
   */
  int copy(long offset, ByteBuffer destination) throws IOException {
    int limit = destination.limit();
    int start = destination.position();
    int length = (int) Math.clamp(key.size() - offset, 0L, destination.remaining());
    destination.limit(start + length);
    try {
      while (destination.hasRemaining()) {
        long position = offset + (destination.position() - start);
        if (channel.read(destination, position) < 0) {
          throw new IOException("the file was cut short at byte " + position);
        }
      }
    } finally {
      destination.limit(limit);
    }
    return length;
  }
}
