package io.loadstar.registry;

import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in the log that a server fails and others wait for it, once in {@link #INTERVAL}: the reason
 * why a read takes long, or ends by its limit. Thread-safe.
 */
final class OutageLog {

  static final Duration INTERVAL = Duration.ofSeconds(10);

  /** What a retry or two make good is nothing to be told. */
  private static final int QUIET_FAILURES = 2;

  private static final Logger LOG = LoggerFactory.getLogger(OutageLog.class);

  /** Above this many, all are dropped: what they fail by is said once more. */
  private static final int MAX_KEPT = 1000;

  private final ConcurrentMap<String, Long> told = new ConcurrentHashMap<>();
  private final LongSupplier nanoTime;

  /**
   * @param nanoTime as {@link System#nanoTime}
   */
  OutageLog(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /**
   * Something is about to be tried again.
   *
   * @param failures how often it has failed in a row
   */
  void tryingAgain(RegistryException failure, int failures) {
    if (failures <= QUIET_FAILURES) {
      return;
    }
    if (told.size() > MAX_KEPT) {
      told.clear();
    }
    long now = nanoTime.getAsLong();
    Long last = told.get(failure.server());
    if (last != null && now - last < INTERVAL.toNanos()) {
      return;
    }
    boolean mine =
        last == null
            ? told.putIfAbsent(failure.server(), now) == null
            : told.replace(failure.server(), last, now);
    if (mine) {
      LOG.warn("{} fails, and is tried again: {}", failure.server(), failure.getMessage());
    }
  }
}
