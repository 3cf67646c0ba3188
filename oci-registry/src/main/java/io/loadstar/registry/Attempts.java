package io.loadstar.registry;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The attempts at one thing: how many have failed in a row, how long they took, and when the next
 * may begin. Not thread-safe.
 */
final class Attempts {

  private static final Logger LOG = LoggerFactory.getLogger(Attempts.class);

  /**
   * What an attempt counts at most. More passes when a server is silent, and when this process was
   * stopped or its machine slept, which isn't the server's fault.
   */
  private static final Duration MOST_COUNTED = Duration.ofSeconds(10);

  private final RetryPolicy policy;
  private final RetryBudget budget;
  private final OutageLog outages;
  private final LongSupplier nanoTime;
  private int failures;
  private Duration spent = Duration.ZERO;
  private long begun;

  Attempts(RetryPolicy policy, RetryBudget budget, OutageLog outages, LongSupplier nanoTime) {
    this.policy = policy;
    this.budget = budget;
    this.outages = outages;
    this.nanoTime = nanoTime;
    this.begun = nanoTime.getAsLong();
  }

  /** The server gets on with it: earlier failures don't count any more. */
  void gotOn() {
    failures = 0;
    spent = Duration.ZERO;
    begun = nanoTime.getAsLong();
  }

  /**
   * Waits until the next attempt may begin. One that the server's {@link RetryBudget} has nothing
   * left for is left out: who waits for the server goes on waiting, and asks when others have found
   * it well.
   *
   * @throws RegistryException {@code last} itself if it isn't to be tried again
   * @throws InterruptedIOException if the thread is interrupted
   */
  void failed(RegistryException last) throws IOException {
    long failedAt = nanoTime.getAsLong();
    Duration attempt = Duration.ofNanos(failedAt - begun);
    spent = spent.plus(attempt.compareTo(MOST_COUNTED) < 0 ? attempt : MOST_COUNTED);
    do {
      failures++;
      Duration wait = next(last);
      if (policy.isPatient()) {
        outages.tryingAgain(last, failures);
      }
      pause(wait, last);
      spent = spent.plus(wait);
    } while (!budget.take(last.server(), failedAt));
    begun = nanoTime.getAsLong();
  }

  private Duration next(RegistryException last) throws RegistryException {
    Optional<Duration> wait =
        last.isTransient() ? policy.waitBefore(failures, last.retryAfter()) : Optional.empty();
    if (wait.isEmpty() || spent.plus(wait.get()).compareTo(policy.patience()) > 0) {
      throw last;
    }
    return wait.get();
  }

  private void pause(Duration wait, RegistryException last) throws InterruptedIOException {
    LOG.debug(
        "{} {}: retry {} in {} ms: {}",
        last.method(),
        last.url(),
        failures,
        wait.toMillis(),
        last.getMessage());
    try {
      policy.pause().pause(wait);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      InterruptedIOException interrupted =
          new InterruptedIOException("interrupted before a retry: " + last.getMessage());
      interrupted.initCause(e);
      throw interrupted;
    }
  }
}
