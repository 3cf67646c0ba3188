package io.loadstar.lazy;

import java.util.concurrent.Semaphore;

/**
 * How many bytes the fetches of a node may hold in memory at once. Thread-safe.
 *
 * <p>What is fetched ahead gets half of it at most, so that readers never wait for memory that the
 * background fetch holds. It can't deadlock: who has got a share gives it back without asking for
 * another.
 */
final class ByteBudget {

  /** Counted in KiB, since a semaphore counts in int. */
  private static final int UNIT = 1024;

  private final int units;
  private final Semaphore all;
  private final Semaphore ahead;

  ByteBudget(long bytes) {
    this.units = Math.toIntExact(bytes / UNIT);
    this.all = new Semaphore(units, true);
    this.ahead = new Semaphore(units / 2, true);
  }

  /** Whether {@code bytes} can ever be had at {@code urgency}. */
  boolean fits(long bytes, Urgency urgency) {
    return bytes <= (long) UNIT * (urgency.isAhead() ? units / 2 : units);
  }

  /** Waits until there is room for {@code bytes}, which must fit; the caller releases the share. */
  Share acquire(long bytes, Urgency urgency) throws InterruptedException {
    int count = Math.toIntExact((bytes + UNIT - 1) / UNIT);
    if (urgency.isAhead()) {
      ahead.acquire(count);
      try {
        all.acquire(count);
      } catch (InterruptedException e) {
        ahead.release(count);
        throw e;
      }
    } else {
      all.acquire(count);
    }
    return new Share(count, urgency);
  }

  /** Whether nobody holds a share. */
  boolean isFree() {
    return all.availablePermits() == units;
  }

  /** How many bytes are free. */
  long free() {
    return (long) UNIT * all.availablePermits();
  }

  /** Some bytes that are spoken for. To be released once. */
  final class Share {
    private final int count;
    private final Urgency urgency;

    private Share(int count, Urgency urgency) {
      this.count = count;
      this.urgency = urgency;
    }

    void release() {
      all.release(count);
      if (urgency.isAhead()) {
        ahead.release(count);
      }
    }
  }
}
