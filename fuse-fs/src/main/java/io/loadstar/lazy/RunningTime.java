package io.loadstar.lazy;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * A clock that stands still while this process doesn't run: stopped, frozen by its control group,
 * or on a machine that is paused. Thread-safe.
 *
 * <p>A reader who waits has a limit so that a registry that is gone doesn't hold him for ever. A
 * laptop that was closed says nothing of the registry. Whoever waits looks at the clock every
 * {@link #BEAT}; if much more has passed since the last look, nobody could look, and it counts as
 * one beat. While nobody waits the clock may lose any time, which nobody measures.
 */
final class RunningTime {

  /** How often whoever waits looks. */
  static final Duration BEAT = Duration.ofSeconds(1);

  /** Later than that is no mere delay of a busy machine. */
  private static final long GAP_NANOS = 4 * BEAT.toNanos();

  private final LongSupplier nanoTime;
  private long last;
  private long lost;

  /**
   * @param nanoTime as {@link System#nanoTime}
   */
  RunningTime(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.last = nanoTime.getAsLong();
  }

  /** Nanoseconds, of use only to be compared with others. */
  synchronized long now() {
    long now = nanoTime.getAsLong();
    long step = now - last;
    if (step > GAP_NANOS) {
      lost += step - BEAT.toNanos();
    }
    last = now;
    return now - lost;
  }

  /** How often to look, so that {@code limit} is a whole number of looks. */
  static Duration beatFor(Duration limit) {
    long looks = Math.max(1, limit.plus(BEAT).minusNanos(1).dividedBy(BEAT));
    return limit.dividedBy(looks);
  }
}
