package io.loadstar.registry;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.LongSupplier;

/**
 * Bounds the retries that a server gets from all who wait for it together, so that an outage isn't
 * made worse by a hundred readers that each try five times. Thread-safe.
 *
 * <p>Each retry costs one; answers and time bring some back. A server that works pays for an
 * occasional retry many times over; one that is down gets {@link #CAPACITY} at once, and then one a
 * second.
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

  /** What is left at a point of time. */
  private record Account(double left, long time) {

    Account at(long now) {
      double earned = (now - time) / NANOS * BY_SECOND;
      return new Account(Math.min(CAPACITY, left + earned), now);
    }

    Account plus(double more) {
      return new Account(Math.min(CAPACITY, left + more), time);
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
        server, (key, account) -> account.at(nanoTime.getAsLong()).plus(BY_ANSWER));
  }

  /**
   * Takes a retry.
   *
   * @return whether there was one left
   */
  boolean take(String server) {
    if (accounts.size() > MAX_KEPT) {
      accounts.clear();
    }
    boolean[] taken = {false};
    accounts.compute(
        server,
        (key, account) -> {
          long now = nanoTime.getAsLong();
          Account present = account == null ? new Account(CAPACITY, now) : account.at(now);
          taken[0] = present.left() >= 1;
          return taken[0] ? present.plus(-1) : present;
        });
    return taken[0];
  }
}
