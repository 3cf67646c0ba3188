package io.loadstar.transport.jnr;

import io.loadstar.fs.ReadOnlyFileSystem.ReadCompletion;
import io.loadstar.linux.Errno;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/** One read that waits for its bytes, and the thread that waits with it. */
final class WaitingRead implements ReadCompletion {

  private final Thread reader = Thread.currentThread();
  private final AtomicBoolean told = new AtomicBoolean();
  private int result;
  private volatile boolean done;

  @Override
  public void completed(int readResult) {
    if (told.compareAndSet(false, true)) {
      result = readResult;
      done = true;
      LockSupport.unpark(reader);
    }
  }

  /**
   * Waits, on the thread that made this, until the read has ended or the session has.
   *
   * @return how it ended; EIO if it hasn't
   */
  int await(SessionThreads threads) {
    while (!done && !threads.hasEnded()) {
      LockSupport.park(this);
      // Nobody has a reason to; parking would return at once if someone did.
      Thread.interrupted();
    }
    return done ? result : -Errno.EIO;
  }

  /** Whether its buffer is the reader's again. */
  boolean isDone() {
    return done;
  }
}
