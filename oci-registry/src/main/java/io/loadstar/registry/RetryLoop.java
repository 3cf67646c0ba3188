package io.loadstar.registry;

import java.io.IOException;
import java.util.function.LongSupplier;

/** Tries again what failed for the moment. Thread-safe. */
final class RetryLoop {

  private final RetryPolicy policy;
  private final RetryBudget budget;
  private final OutageLog outages;
  private final LongSupplier nanoTime;

  /**
   * @param nanoTime as {@link System#nanoTime}
   */
  RetryLoop(RetryPolicy policy, RetryBudget budget, OutageLog outages, LongSupplier nanoTime) {
    this.policy = policy;
    this.budget = budget;
    this.outages = outages;
    this.nanoTime = nanoTime;
  }

  /** Something that may be done more than once. */
  @FunctionalInterface
  interface Attempt<T> {
    T run() throws IOException;
  }

  <T> T run(Attempt<T> attempt) throws IOException {
    Attempts attempts = begin();
    for (; ; ) {
      try {
        return attempt.run();
      } catch (RegistryException e) {
        attempts.failed(e);
      }
    }
  }

  /** Begins to count the failures of one thing, of which the first attempt begins now. */
  Attempts begin() {
    return new Attempts(policy, budget, outages, nanoTime);
  }
}
