package io.loadstar.registry;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.LongSupplier;

/**
 * Bounds the retries that a server gets from all who wait for it together, so that an outage isn't
 * made worse by a hundred readers who each try again. Thread-safe.
 *
 * <p>Each retry costs one; answers and time bring some back. A server that works pays for an
 * occasional retry many times over; one that is down gets {@link #CAPACITY} at once, and then one a
 * second. As soon as it has answered one of those who wait, the others may ask, too, and that costs
 * nothing: what they know of the server is older than its answer.
 */
final class RetryBudget {

  static final int CAPACITY = 50;

  private static final double BY_ANSWER = 0.1;
  private static final double BY_SECOND = 1;
  private static final double NANOS = 1e9;

  /** Above this many, all are dropped: they then have everything again. */
  private static final int MAX_KEPT = 1000;

  private final ConcurrentMap<String, Account> accounts = new ConcurrentHashMap<>();
  private final LongSupplier nanoTime;

  /**
   * What is left at a point of time.
   *
   * @param answered when the server answered last; the time of the first retry if it hasn't since
   */
  private record Account(double left, long time, long answered) {

    Account at(long now) {
      double earned = (now - time) / NANOS * BY_SECOND;
      return new Account(Math.min(CAPACITY, left + earned), now, answered);
    }

    Account plus(double more) {
      return new Account(Math.min(CAPACITY, left + more), time, answered);
    }

    Account answeredNow() {
      return new Account(left, time, time);
    }
  }

  /**
   * @param nanoTime as {@link System#nanoTime}
   */
  RetryBudget(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** The server has answered. */
  void answered(String server) {
    accounts.computeIfPresent(
        server, (key, account) -> account.at(nanoTime.getAsLong()).plus(BY_ANSWER).answeredNow());
  }

  /**
   * Takes a retry.
   *
   * @param failedAt when the attempt failed that is to be made again
   * @return whether there was one left
   */
  boolean take(String server, long failedAt) {
    if (accounts.size() > MAX_KEPT) {
      accounts.clear();
    }
    boolean[] taken = {false};
    accounts.compute(
        server,
        (key, account) -> {
          long now = nanoTime.getAsLong();
          Account present =
              account == null ? new Account(CAPACITY, now, failedAt) : account.at(now);
          if (present.answered() - failedAt > 0) {
            taken[0] = true;
            return present;
          }
          taken[0] = present.left() >= 1;
          return taken[0] ? present.plus(-1) : present;
        });
    return taken[0];
  }
}
