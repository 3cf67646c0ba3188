package io.loadstar.lazy;

import com.github.benmanes.caffeine.cache.Ticker;

/**
 * Keeps transfers to a number of bytes a second, on the average. Thread-safe: all who keep to it
 * share it.
 */
final class Pace {

  /** As fast as it goes. */
  static final long UNBOUND = Long.MAX_VALUE;

  private static final double NANOS_PER_SECOND = 1e9;

  private final long bytesPerSecond;
  private final Ticker ticker;
  private final Object lock = new Object();
  private long freeAt;

  /**
   * @param bytesPerSecond 1 or more; {@link #UNBOUND} for no bound
   */
  Pace(long bytesPerSecond, Ticker ticker) {
    this.bytesPerSecond = bytesPerSecond;
    this.ticker = ticker;
    this.freeAt = ticker.read();
  }

  /** For how many nanoseconds to wait before {@code bytes} more are read, which are counted. */
  long delay(long bytes) {
    if (bytesPerSecond == UNBOUND) {
      return 0;
    }
    long now = ticker.read();
    synchronized (lock) {
      long start = Math.max(now - freeAt, 0) + freeAt;
      freeAt = start + (long) (bytes * NANOS_PER_SECOND / bytesPerSecond);
      return start - now;
    }
  }
}
