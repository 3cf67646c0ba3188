package io.loadstar.lazy;

import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;

/**
 * How long to leave the processors to others while there is {@link CpuPressure}: longer and longer,
 * one range in between, so that a node that is always busy gets its layers all the same.
 * Thread-safe; the lock guards two numbers.
 */
final class BackOff {

  /** Before the first range that is fetched while the node is busy. */
  static final Duration FIRST = Duration.ofSeconds(1);

  /** The longest pause: 16 MiB each time are a layer of 1 GiB in 17 minutes. */
  static final Duration LONGEST = Duration.ofSeconds(16);

  private final CpuPressure pressure;
  private final Ticker ticker;
  private final Object lock = new Object();
  private Duration pause = Duration.ZERO;
  private long turnAt;

  BackOff(CpuPressure pressure, Ticker ticker) {
    this.pressure = pressure;
    this.ticker = ticker;
  }

  /** How long to wait before the next range; zero for the caller to fetch one now. */
  Duration pause() {
    boolean high = pressure.isHigh();
    long now = ticker.read();
    synchronized (lock) {
      if (!high) {
        pause = Duration.ZERO;
        return pause;
      }
      boolean began = pause.isZero();
      long left = turnAt - now;
      if (!began && left > 0) {
        return Duration.ofNanos(left);
      }
      Duration longer = pause.multipliedBy(2);
      pause = began ? FIRST : longer.compareTo(LONGEST) < 0 ? longer : LONGEST;
      turnAt = now + pause.toNanos();
      return began ? pause : Duration.ZERO;
    }
  }
}
