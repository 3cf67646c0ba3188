package io.loadstar.lazy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One read that waits for chunks. Thread-safe: its parts arrive from any thread, and so may the end
 * of its patience.
 *
 * <p>The buffer belongs to the read until the listener is told. So who fills a part of it comes in
 * and goes out, and a read that fails while a part is being filled ends when that is done. The lock
 * guards counters only and isn't held while bytes are copied or the listener is called.
 */
final class PendingRead {

  private static final Logger LOG = LoggerFactory.getLogger(PendingRead.class);

  private final Object lock = new Object();
  private final ByteBuffer destination;
  private final int start;
  private final ReadListener listener;
  private final int count;

  // Guarded by lock.
  private int partsLeft;
  private int filling;
  private boolean over;
  private boolean told;
  private @Nullable IOException failure;
  private @Nullable Future<?> limit;

  private Runnable atEnd = () -> {};

  /**
   * @param destination takes the bytes, from its position on
   * @param count how many bytes all parts have together
   * @param parts how many parts will be filled, 1 or more
   */
  PendingRead(ByteBuffer destination, int count, int parts, ReadListener listener) {
    this.destination = destination;
    this.start = destination.position();
    this.count = count;
    this.partsLeft = parts;
    this.listener = listener;
  }

  /** Has {@code action} run when the read has ended. Said once, before other threads see it. */
  void atEnd(Runnable action) {
    atEnd = action;
  }

  /** Has {@code limit}, which would end the read, cancelled when it has ended. Once. */
  void endsBy(Future<?> limit) {
    boolean late;
    synchronized (lock) {
      this.limit = limit;
      late = told;
    }
    if (late) {
      limit.cancel(false);
    }
  }

  /** A view of the buffer for {@code length} bytes of the read from {@code position} on. */
  ByteBuffer window(int position, int length) {
    return destination.slice(start + position, length);
  }

  /** Whether a part may be filled now; {@link #leave} must follow if so. */
  boolean enter() {
    synchronized (lock) {
      if (over) {
        return false;
      }
      filling++;
      return true;
    }
  }

  /**
   * Ends an {@link #enter}.
   *
   * @param parts how many parts have been filled: 1, or 0 if that didn't succeed
   */
  void leave(int parts) {
    boolean tell;
    synchronized (lock) {
      filling--;
      partsLeft -= parts;
      if (partsLeft == 0) {
        over = true;
      }
      tell = mayTell();
    }
    if (tell) {
      tell();
    }
  }

  /** Ends the read, unless it has ended already. */
  void fail(IOException cause) {
    boolean tell;
    synchronized (lock) {
      if (over) {
        return;
      }
      over = true;
      failure = cause;
      tell = mayTell();
    }
    if (tell) {
      tell();
    }
  }

  /** Whether it has ended, or will as soon as a copy under way is done. */
  boolean isOver() {
    synchronized (lock) {
      return over;
    }
  }

  private boolean mayTell() {
    if (!over || filling > 0 || told) {
      return false;
    }
    told = true;
    return true;
  }

  private void tell() {
    IOException cause;
    Future<?> timer;
    synchronized (lock) {
      cause = failure;
      timer = limit;
    }
    if (timer != null) {
      timer.cancel(false);
    }
    atEnd.run();
    if (cause == null) {
      destination.position(start + count);
    }
    try {
      listener.ended(count, cause);
    } catch (RuntimeException e) {
      LOG.error("the listener of a read failed", e);
    }
  }
}
