package io.loadstar.lazy;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Lets the more urgent transfer of a line go first. Thread-safe; a waiter holds nothing that
 * another needs.
 *
 * <p>A transfer says what it is for as long as it lasts. One that is less urgent asks between two
 * members whether it may go on, and leaves its bytes on the line meanwhile: the server stops
 * sending when the socket's buffer is full. It goes on at the instant in which the last more urgent
 * one has ended, or somebody begins to wait for what it carries.
 *
 * <p>What is fetched in the background also waits for a while after something more urgent has come,
 * and after a reader was given what nobody had read before, as programs read that start: he will
 * need more of that at once, and each time that the background goes on in between, some MB fill the
 * buffers on the way, which what he asks for has to wait for, and decoding them takes processors
 * from him. But a reader who doesn't stop isn't one who starts: he is waited for no longer than
 * some seconds.
 */
final class LineGate {

  /** After this a response that isn't read is given up: servers close what is stuck. */
  static final long LONGEST_PAUSE = TimeUnit.SECONDS.toNanos(5);

  /** How long the background waits for the next step of a reader who starts something. */
  private static final long HOLD = TimeUnit.SECONDS.toNanos(2);

  /** In a row, however much he reads meanwhile. */
  private static final long LONGEST_HOLD = TimeUnit.SECONDS.toNanos(10);

  private final long hold;
  private final long longestHold;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final EnumMap<Urgency, Integer> active = new EnumMap<>(Urgency.class);
  private long changes;
  private boolean held;
  private long heldSince;
  private long heldUntil;

  LineGate() {
    this(HOLD, LONGEST_HOLD);
  }

  /**
   * @param hold how long the background waits after something was read anew, or something more
   *     urgent has come, in nanoseconds
   * @param longestHold how long it waits in a row, in nanoseconds
   */
  LineGate(long hold, long longestHold) {
    this.hold = hold;
    this.longestHold = longestHold;
    this.heldUntil = System.nanoTime() - hold;
  }

  /** Begins a transfer; the caller closes it when the bytes have come. */
  Passage enter(Urgency urgency) {
    count(urgency, 1);
    return new Passage(urgency);
  }

  private void count(Urgency urgency, int difference) {
    lock.lock();
    try {
      active.merge(urgency, difference, Integer::sum);
      if (difference < 0 && urgency.compareTo(Urgency.BACKGROUND) < 0) {
        hold();
      }
      changes++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Has who waits here look again: somebody has begun to wait for a fetch that is under way. */
  void joined() {
    lock.lock();
    try {
      changes++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** A reader needs, or was given, what nobody had read before. */
  void readAnew() {
    lock.lock();
    try {
      hold();
    } finally {
      lock.unlock();
    }
  }

  /** Called with the lock. */
  private void hold() {
    long now = System.nanoTime();
    heldSince = now - heldUntil >= hold ? now : heldSince;
    heldUntil = now + hold; // those who wait see it when their time is up
    boolean isOver = held && now - heldSince >= longestHold;
    held = now - heldSince < longestHold;
    if (isOver) {
      changes++;
      changed.signalAll();
    }
  }

  /** Whether nothing more urgent is under way. */
  boolean isFreeFor(Urgency urgency) {
    lock.lock();
    try {
      return !isBusyBefore(urgency);
    } finally {
      lock.unlock();
    }
  }

  /** How often anything has changed so far; -1 if nothing more urgent is under way. */
  private long changesIfBusyBefore(Urgency urgency) {
    lock.lock();
    try {
      return isBusyBefore(urgency) ? changes : -1;
    } finally {
      lock.unlock();
    }
  }

  private boolean awaitChange(long seen, long deadline) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (changes == seen) {
        long now = System.nanoTime();
        if (deadline - now <= 0) {
          return false;
        }
        if (held && heldUntil - now <= 0) {
          return true;
        }
        long wake = held && heldUntil - deadline < 0 ? heldUntil : deadline;
        var _ = changed.awaitNanos(wake - now);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  private boolean isBusyBefore(Urgency urgency) {
    held = held && heldUntil - System.nanoTime() > 0;
    if (held && urgency == Urgency.BACKGROUND) {
      return true;
    }
    for (Map.Entry<Urgency, Integer> entry : active.entrySet()) {
      if (entry.getKey().compareTo(urgency) < 0 && entry.getValue() > 0) {
        return true;
      }
    }
    return false;
  }

  /**
   * One transfer. Of one thread; to be closed once.
   *
   * <p>What it carries may be more urgent at its beginning than at its end.
   */
  final class Passage implements AutoCloseable {
    private Urgency urgency;

    private Passage(Urgency urgency) {
      this.urgency = urgency;
    }

    /** From now on it is of this urgency. */
    void become(Urgency other) {
      if (other != urgency) {
        count(other, 1);
        count(urgency, -1);
        urgency = other;
      }
    }

    /**
     * Waits until nothing more urgent is under way, or {@code isAwaited}.
     *
     * @return whether to go on; false after {@link #LONGEST_PAUSE}
     * @throws InterruptedException if the thread is interrupted
     */
    boolean awaitTurn(BooleanSupplier isAwaited) throws InterruptedException {
      long deadline = System.nanoTime() + LONGEST_PAUSE;
      while (true) {
        long seen = changesIfBusyBefore(urgency);
        if (seen < 0 || isAwaited.getAsBoolean()) { // which takes locks of its own
          return true;
        }
        if (!awaitChange(seen, deadline)) {
          return false;
        }
      }
    }

    @Override
    public void close() {
      count(urgency, -1);
    }
  }
}
