package io.loadstar.lazy;

import com.github.benmanes.caffeine.cache.Ticker;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches the rest of the node's layers while no reader waits, a range at a time, layer by layer in
 * the order in which they were enrolled.
 *
 * <p>Thread-safe, though only one thread works: it calls {@link #step} again and again, and sleeps
 * for as long as that says. The lock guards the list of layers.
 */
final class BackgroundFetcher {

  private static final Logger LOG = LoggerFactory.getLogger(BackgroundFetcher.class);

  /** How much is asked for at once, in compressed bytes: long enough to fill a line. */
  static final int RANGE = 16 << 20;

  /** Bytes that are here already and yet fetched again, rather than to make another request. */
  static final int MAX_GAP = 128 << 10;

  /** When a source that failed is asked again, and a store that was full. */
  static final Duration RETRY = Duration.ofMinutes(1);

  /** When a layer is gone through again of which something couldn't be had. */
  static final Duration SECOND_PASS = Duration.ofMinutes(10);

  /** How long what was asked for last may take to be decoded. */
  static final Duration SETTLE = Duration.ofSeconds(1);

  /** How long to sleep when there is nothing to do; a new layer wakes the sleeper. */
  static final Duration IDLE = Duration.ofHours(1);

  private final ChunkFetcher fetcher;
  private final MissClock misses;
  private final Ticker ticker;
  private final Duration delay;
  private final Object lock = new Object();
  private final List<Enrolment> enrolments = new ArrayList<>();

  /**
   * @param delay how long there must have been no miss
   */
  BackgroundFetcher(ChunkFetcher fetcher, MissClock misses, Ticker ticker, Duration delay) {
    this.fetcher = fetcher;
    this.misses = misses;
    this.ticker = ticker;
    this.delay = delay;
  }

  /** One layer on its way. Its fields are the worker's alone. */
  private static final class Enrolment {
    private final LazyLayer layer;
    private int cursor;
    private long dueAt;

    Enrolment(LazyLayer layer, long now) {
      this.layer = layer;
      this.dueAt = now;
    }
  }

  /**
   * Counts as a miss: what has just been mounted is about to be read, and wants the line for
   * itself.
   */
  void enrol(LazyLayer layer) {
    misses.miss();
    synchronized (lock) {
      enrolments.add(new Enrolment(layer, ticker.read()));
    }
  }

  void forget(LazyLayer layer) {
    synchronized (lock) {
      enrolments.removeIf(enrolment -> enrolment.layer == layer);
    }
  }

  /**
   * Fetches one range, if it is time to and the store has room.
   *
   * @return how long to sleep before the next call; zero to go on at once
   */
  Duration step() {
    Duration early = delay.minus(misses.quiet());
    if (early.isPositive()) {
      return early;
    }
    Enrolment next = firstDue();
    if (next == null) {
      return untilDue();
    }
    if (!fetcher.hasRoom()) {
      return RETRY;
    }
    fetchRange(next);
    return Duration.ZERO;
  }

  private @Nullable Enrolment firstDue() {
    long now = ticker.read();
    synchronized (lock) {
      enrolments.removeIf(each -> each.layer.isClosed() || each.layer.ledger().isComplete());
      for (Enrolment each : enrolments) {
        if (each.dueAt - now <= 0) {
          return each;
        }
      }
      return null;
    }
  }

  private Duration untilDue() {
    long now = ticker.read();
    long least = IDLE.toNanos();
    synchronized (lock) {
      for (Enrolment each : enrolments) {
        least = Math.min(least, Math.max(1, each.dueAt - now));
      }
    }
    return Duration.ofNanos(least);
  }

  private void fetchRange(Enrolment enrolment) {
    LazyLayer layer = enrolment.layer;
    int first = firstWanted(layer, enrolment.cursor);
    if (first == layer.index().members()) {
      endPass(enrolment);
      return;
    }
    int end = endOfRange(layer, first);
    try {
      enrolment.cursor = new MemberStream(fetcher, layer, () -> mayGoOn(layer)).fetch(first, end);
    } catch (IOException | RuntimeException e) {
      enrolment.cursor = first;
      enrolment.dueAt = ticker.read() + RETRY.toNanos();
      if (!layer.isClosed()) {
        LOG.warn(
            "layer {}: background fetch failed and goes on in {} s: {}",
            layer.digest(),
            RETRY.toSeconds(),
            e.toString());
      }
    }
  }

  /** All has been asked for: looks what has come, once nothing is under way any more. */
  private void endPass(Enrolment enrolment) {
    boolean settled = fetcher.isIdle();
    enrolment.dueAt = ticker.read() + (settled ? SECOND_PASS : SETTLE).toNanos();
    if (settled) {
      enrolment.cursor = 0;
      for (int member = 0; member < enrolment.layer.index().members(); member++) {
        fetcher.holds(enrolment.layer, member); // which tells the ledger
      }
    }
  }

  private boolean mayGoOn(LazyLayer layer) {
    return !layer.isClosed() && fetcher.hasRoom() && misses.quiet().compareTo(delay) >= 0;
  }

  private int firstWanted(LazyLayer layer, int from) {
    int member = from;
    while (member < layer.index().members() && !fetcher.isWanted(layer, member)) {
      member++;
    }
    return member;
  }

  /** Behind the last wanted member of a range that starts at {@code first}, which is wanted. */
  private int endOfRange(LazyLayer layer, int first) {
    LayerIndex index = layer.index();
    int end = first + 1;
    for (int next = end; next < index.members(); next++) {
      boolean far = index.end(next) - index.start(first) > RANGE;
      if (far || index.start(next) - index.end(end - 1) > MAX_GAP) {
        break;
      }
      if (fetcher.isWanted(layer, next)) {
        end = next + 1;
      }
    }
    return end;
  }
}
