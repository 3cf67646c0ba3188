package io.loadstar.registry;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * How often and after what wait something that failed for the moment is tried again. The wait
 * doubles each time up to {@link #LONGEST_BACKOFF}, with a random part of up to as much again, so
 * that many clients don't come back together. Immutable.
 *
 * @param retries how many times after the first
 * @param firstWait the wait before the first retry, without its random part
 * @param patience how long it may take in all; no wait is begun that would pass that, also none
 *     that a server asks for
 * @param pause waits
 */
public record RetryPolicy(int retries, Duration firstWait, Duration patience, Pause pause) {

  /** A registry that comes back is found within twice this. */
  static final Duration LONGEST_BACKOFF = Duration.ofSeconds(2);

  private static final Duration FIRST_WAIT = Duration.ofMillis(30);

  /** Lets time pass. */
  @FunctionalInterface
  public interface Pause {
    void pause(Duration time) throws InterruptedException;
  }

  public RetryPolicy {
    if (retries < 0 || firstWait.isNegative() || patience.compareTo(firstWait) < 0) {
      throw new IllegalArgumentException("no such policy: " + retries + " retries, " + firstWait);
    }
  }

  /** Five retries from 30 ms on, about 2 s in all; up to 30 s where a server asks for it. */
  public static RetryPolicy defaults() {
    return new RetryPolicy(5, FIRST_WAIT, Duration.ofSeconds(30), Thread::sleep);
  }

  /**
   * As often as it takes: for what has been found already, and can't be had elsewhere.
   *
   * @param patience how long at most
   */
  public static RetryPolicy patient(Duration patience) {
    return new RetryPolicy(Integer.MAX_VALUE, FIRST_WAIT, patience, Thread::sleep);
  }

  /** Whether it goes on as long as it may: then somebody waits, and should be told for what. */
  boolean isPatient() {
    return retries == Integer.MAX_VALUE;
  }

  /**
   * The wait before retry number {@code retry} (from 1 on), or none if it isn't to be tried again.
   *
   * @param asked what the server asked for, or null
   */
  Optional<Duration> waitBefore(int retry, @Nullable Duration asked) {
    if (retry > retries) {
      return Optional.empty();
    }
    long doubled = firstWait.toNanos() << Math.min(retry - 1, 16);
    long base = Math.clamp(doubled, 0, LONGEST_BACKOFF.toNanos());
    long jittered = base + (base == 0 ? 0 : ThreadLocalRandom.current().nextLong(base));
    Duration own = Duration.ofNanos(jittered);
    return Optional.of(asked != null && asked.compareTo(own) > 0 ? asked : own);
  }
}
