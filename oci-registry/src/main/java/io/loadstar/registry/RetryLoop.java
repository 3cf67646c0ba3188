package io.loadstar.registry;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tries again what failed for the moment. Thread-safe. */
final class RetryLoop {

  private static final Logger LOG = LoggerFactory.getLogger(RetryLoop.class);

  private final RetryPolicy policy;

  private final RetryBudget budget;

  RetryLoop(RetryPolicy policy, RetryBudget budget) {
    this.policy = policy;
    this.budget = budget;
  }

  /** Something that may be done more than once. */
  @FunctionalInterface
  interface Attempt<T> {
    T run() throws IOException;
  }

  <T> T run(Attempt<T> attempt) throws IOException {
    for (int failures = 1; ; failures++) {
      try {
        return attempt.run();
      } catch (RegistryException e) {
        await(failures, e);
      }
    }
  }

  /**
   * Waits as is due after {@code failures} failures in a row.
   *
   * @throws RegistryException {@code last} itself if it isn't to be tried again
   */
  void await(int failures, RegistryException last) throws IOException {
    Optional<Duration> wait =
        last.isTransient() ? policy.waitBefore(failures, last.retryAfter()) : Optional.empty();
    if (wait.isEmpty()) {
      throw last;
    }
    if (!budget.take(last.server())) {
      LOG.warn(
          "{} {} isn't tried again, since too much of late was: {}",
          last.method(),
          last.url(),
          last.getMessage());
      throw last;
    }
    LOG.debug(
        "{} {}: retry {} in {} ms: {}",
        last.method(),
        last.url(),
        failures,
        wait.get().toMillis(),
        last.getMessage());
    try {
      policy.pause().pause(wait.get());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      InterruptedIOException interrupted =
          new InterruptedIOException("interrupted before a retry: " + last.getMessage());
      interrupted.initCause(e);
      throw interrupted;
    }
  }
}
