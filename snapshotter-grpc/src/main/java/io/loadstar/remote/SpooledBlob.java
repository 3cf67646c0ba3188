package io.loadstar.remote;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A blob on its way through a file: one thread writes it from its beginning to its end, another
 * reads it meanwhile, and waits where it isn't written yet. The file has no name, so nothing of it
 * is left whatever happens. Thread-safe; closed by who reads it, or by who finds that nobody will.
 */
final class SpooledBlob implements Closeable {

  private final FileChannel file;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** Guarded by {@link #lock}, as the two below. */
  private long written;

  private boolean ended;
  private @Nullable IOException failure;

  private SpooledBlob(FileChannel file) {
    this.file = file;
  }

  /**
   * Makes one.
   *
   * @param directory on the file system that its bytes go to
   */
  static SpooledBlob in(Path directory) throws IOException {
    Path name = Files.createTempFile(directory, "spooled", "");
    try {
      return new SpooledBlob(
          FileChannel.open(name, StandardOpenOption.READ, StandardOpenOption.WRITE));
    } finally {
      Files.delete(name);
    }
  }

  /** Adds what remains of {@code bytes}. */
  void write(ByteBuffer bytes) throws IOException {
    int count = 0;
    while (bytes.hasRemaining()) {
      count += file.write(bytes);
    }
    lock.lock();
    try {
      written += count;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Nothing more will be written.
   *
   * @param reason why not all was, or null if it was
   */
  void end(@Nullable IOException reason) {
    lock.lock();
    try {
      ended = true;
      failure = reason;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Reads from the beginning. The stream fails as the writing did; closing it closes this. */
  InputStream read() {
    return new Reader();
  }

  /** Waits until there is something behind {@code position}; false if there never will be. */
  private boolean awaitBehind(long position) throws IOException {
    lock.lock();
    try {
      while (written <= position && !ended) {
        changed.await();
      }
      if (written > position) {
        return true;
      }
      if (failure != null) {
        throw new IOException(failure.getMessage(), failure);
      }
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while a blob is waited for");
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  private final class Reader extends InputStream {
    private long position;

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
    }

    @Override
    public int read(byte[] destination, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (!awaitBehind(position)) {
        return -1;
      }
      int count = file.read(ByteBuffer.wrap(destination, offset, length), position);
      position += Math.max(0, count);
      return count;
    }

    @Override
    public void close() throws IOException {
      SpooledBlob.this.close();
    }
  }
}
