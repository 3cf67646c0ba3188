package io.loadstar.transport.jnr;

import static io.loadstar.fs.ReadOnlyFileSystem.WOULD_WAIT;
import static io.loadstar.linux.Errno.EIO;

import io.loadstar.fs.ReadOnlyFileSystem;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * How one thread reads: what is there already goes straight into libfuse's buffer; only what has to
 * be waited for takes a detour and costs objects. Confined to its thread.
 */
final class FileReads {

  /** No answer is kept; it can't be one, being no errno. */
  private static final int NONE = Integer.MIN_VALUE;

  private final ReadOnlyFileSystem fileSystem;
  private final SessionThreads threads;

  /** The last view of libfuse's buffer: malloc mostly hands out the same one again. */
  private ByteBuffer view = ByteBuffer.allocate(0);

  private long viewAddress;

  private int keptResult = NONE;
  private @Nullable ByteBuffer keptBytes;

  FileReads(ReadOnlyFileSystem fileSystem, SessionThreads threads) {
    this.fileSystem = fileSystem;
    this.threads = threads;
  }

  /** Reads into libfuse's buffer, waiting if need be. */
  int read(long inode, long offset, long buffer, int size) {
    ByteBuffer destination = destination(buffer, size);
    if (keptResult != NONE) {
      return kept(destination);
    }
    int result = fileSystem.tryRead(inode, offset, destination);
    return result == WOULD_WAIT
        ? readWaiting(inode, offset, destination(buffer, size))
        : checked(result, size);
  }

  /** See {@link RequestHandler#canReadAtOnce}. */
  boolean canReadAtOnce(long inode, long offset, int size) {
    ByteBuffer bytes = ReadBuffers.take(size);
    int result = fileSystem.tryRead(inode, offset, bytes);
    if (result == WOULD_WAIT) {
      ReadBuffers.giveBack(bytes);
      return false;
    }
    keptResult = checked(result, size);
    keptBytes = bytes;
    return true;
  }

  /** Answers the next read with an error, without asking the file system. */
  void answerNextWith(int negativeErrno) {
    keptResult = negativeErrno;
  }

  private int kept(ByteBuffer destination) {
    int result = keptResult;
    ByteBuffer bytes = keptBytes;
    keptResult = NONE;
    keptBytes = null;
    if (bytes != null) {
      if (result > 0) {
        destination.put(0, bytes, 0, result);
      }
      ReadBuffers.giveBack(bytes);
    }
    return result;
  }

  private int readWaiting(long inode, long offset, ByteBuffer destination) {
    if (!threads.beginWait()) {
      return -EIO;
    }
    try {
      ByteBuffer bytes = ReadBuffers.take(destination.remaining());
      WaitingRead waiting = new WaitingRead();
      fileSystem.read(inode, offset, bytes, waiting);
      int result = checked(waiting.await(threads), destination.remaining());
      if (result > 0) {
        destination.put(0, bytes, 0, result);
      }
      if (waiting.isDone()) {
        ReadBuffers.giveBack(bytes);
      }
      return result;
    } finally {
      threads.endWait();
    }
  }

  private ByteBuffer destination(long address, int size) {
    if (viewAddress != address || view.capacity() != size) {
      view = NativeMemory.view(address, size);
      viewAddress = address;
    }
    return view.clear();
  }

  /** More bytes than there was room for would be someone else's memory. */
  private static int checked(int result, int size) {
    return result > size ? -EIO : result;
  }
}
