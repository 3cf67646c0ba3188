package io.loadstar.registry;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * How often and after what wait something that failed for the moment is tried again. The wait
 * doubles each time, with a random part of up to as much again, so that many clients don't come
 * back together. Immutable.
 *
 * @param retries how many times after the first
 * @param firstWait the wait before the first retry, without its random part
 * @param longestWait the longest wait; a server that asks for a longer one isn't tried again
 * @param pause waits
 */
public record RetryPolicy(int retries, Duration firstWait, Duration longestWait, Pause pause) {

  /** Lets time pass. */
  @FunctionalInterface
  public interface Pause {
    void pause(Duration time) throws InterruptedException;
  }

  public RetryPolicy {
    if (retries < 0 || firstWait.isNegative() || longestWait.compareTo(firstWait) < 0) {
      throw new IllegalArgumentException("no such policy: " + retries + " retries, " + firstWait);
    }
  }

  /** Five retries from 30 ms on, about 2 s in all; up to 30 s where a server asks for it. */
  public static RetryPolicy defaults() {
    return new RetryPolicy(5, Duration.ofMillis(30), Duration.ofSeconds(30), Thread::sleep);
  }

  /**
   * The wait before retry number {@code retry} (from 1 on), or none if it isn't to be tried again.
   *
   * @param asked what the server asked for, or null
   */
  Optional<Duration> waitBefore(int retry, @Nullable Duration asked) {
    if (retry > retries || (asked != null && asked.compareTo(longestWait) > 0)) {
      return Optional.empty();
    }
    long longest = longestWait.toNanos();
    long doubled = firstWait.toNanos() << Math.min(retry - 1, 16);
    long base = Math.min(longest, Math.max(doubled, firstWait.toNanos()));
    long jittered = base + (base == 0 ? 0 : ThreadLocalRandom.current().nextLong(base));
    long wanted = asked == null ? jittered : Math.max(asked.toNanos(), jittered);
    return Optional.of(Duration.ofNanos(Math.min(wanted, longest)));
  }
}
