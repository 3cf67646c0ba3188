package io.loadstar.lazy;

import com.github.benmanes.caffeine.cache.Ticker;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches the rest of the node's layers in few large ranges, layer by layer in the order in which
 * they were enrolled, as fast as the line carries it. What readers wait for goes first, within one
 * member: see {@link LineGate}. While others need the processors it goes slowly: see {@link
 * BackOff}.
 *
 * <p>Thread-safe. Each of its threads calls {@link #step} again and again, and sleeps for as long
 * as that says; so as many ranges are under way as there are threads, of one layer or of several.
 * The lock guards the list of layers and where each has come to; nobody asks the store under it.
 */
final class BackgroundFetcher {

  private static final Logger LOG = LoggerFactory.getLogger(BackgroundFetcher.class);

  /** How much is asked for at once, in compressed bytes: long enough to fill a line. */
  static final int RANGE = 16 << 20;

  /** How many ranges are under way at once: the one's bytes fill the other's round trip. */
  static final int LANES = 2;

  /** When a source that failed is asked again, and a store that was full. */
  static final Duration RETRY = Duration.ofMinutes(1);

  /** When a layer is gone through again of which something couldn't be had. */
  static final Duration SECOND_PASS = Duration.ofMinutes(10);

  /** How long what was asked for last may take to be decoded. */
  static final Duration SETTLE = Duration.ofSeconds(1);

  /** How long another thread may take to plan a range. */
  static final Duration PLANNING = Duration.ofMillis(20);

  /** When to look again whether the line is free. */
  static final Duration BUSY = Duration.ofMillis(20);

  /** How long to sleep when there is nothing to do; a new layer wakes the sleeper. */
  static final Duration IDLE = Duration.ofHours(1);

  private final ChunkFetcher fetcher;
  private final Ticker ticker;
  private final Duration delay;
  private final Pace pace;
  private final BackOff backOff;
  private final Object lock = new Object();
  private final List<Enrolment> enrolments = new ArrayList<>();

  /**
   * @param pressure while it is high, it goes slowly
   */
  BackgroundFetcher(
      ChunkFetcher fetcher, Ticker ticker, LazyOptions.Background how, CpuPressure pressure) {
    this.fetcher = fetcher;
    this.ticker = ticker;
    this.delay = how.delay();
    this.pace = new Pace(how.bytesPerSecond(), ticker);
    this.backOff = new BackOff(pressure, ticker);
  }

  /** One layer on its way. Guarded by the lock. */
  private static final class Enrolment {
    private final LazyLayer layer;
    private int active;
    private int cursor;
    private long dueAt;
    private boolean planning;

    Enrolment(LazyLayer layer, long dueAt) {
      this.layer = layer;
      this.dueAt = dueAt;
    }
  }

  /** Members that one thread fetches, up to {@code end}. */
  private record Range(int end, LayerStreams.Stretch stretch) {}

  /** What has just been mounted is about to be read, and gets the line for itself for a while. */
  void enrol(LazyLayer layer) {
    synchronized (lock) {
      enrolments.add(new Enrolment(layer, ticker.read() + delay.toNanos()));
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
    Enrolment next = takeDue();
    if (next == null) {
      return untilDue();
    }
    if (!fetcher.hasRoom()) {
      giveBack(next, null);
      return RETRY;
    }
    if (!next.layer.line().gate().isFreeFor(Urgency.BACKGROUND)) {
      giveBack(next, null);
      return BUSY; // an answer that isn't read would fill the line's buffers
    }
    Duration pause = backOff.pause();
    if (pause.isPositive()) {
      giveBack(next, null);
      return pause;
    }
    Range range = plan(next);
    giveBack(next, range);
    if (range == null) {
      endPass(next);
    } else {
      fetch(next, range);
    }
    return Duration.ZERO;
  }

  /** The first layer that is due, for the caller to plan. */
  private @Nullable Enrolment takeDue() {
    long now = ticker.read();
    synchronized (lock) {
      enrolments.removeIf(each -> each.layer.isClosed() || each.layer.ledger().isComplete());
      for (Enrolment each : enrolments) {
        if (each.dueAt - now <= 0 && !each.planning) {
          each.planning = true;
          return each;
        }
      }
      return null;
    }
  }

  private void giveBack(Enrolment enrolment, @Nullable Range range) {
    synchronized (lock) {
      enrolment.planning = false;
      if (range != null) {
        enrolment.active++;
        enrolment.cursor = range.end;
      }
    }
  }

  private Duration untilDue() {
    long now = ticker.read();
    long least = IDLE.toNanos();
    synchronized (lock) {
      for (Enrolment each : enrolments) {
        long due = each.planning ? PLANNING.toNanos() : each.dueAt - now;
        least = Math.min(least, Math.max(1, due));
      }
    }
    return Duration.ofNanos(least);
  }

  /** The next range that is wanted and that nobody fetches; null if there is none. */
  private @Nullable Range plan(Enrolment enrolment) {
    LazyLayer layer = enrolment.layer;
    int cursor;
    synchronized (lock) {
      cursor = enrolment.cursor;
    }
    while (true) {
      int first = fetcher.firstOpen(layer, cursor);
      if (first == layer.index().members()) {
        return null;
      }
      int end = fetcher.endOf(layer, first, layer.index().start(first) + RANGE);
      LayerStreams.@Nullable Stretch stretch = layer.streams().beginFree(first, end);
      if (stretch != null) {
        return new Range(stretch.end(), stretch);
      }
      cursor = end;
    }
  }

  private void fetch(Enrolment enrolment, Range range) {
    LazyLayer layer = enrolment.layer;
    MemberStream.Ahead ahead =
        new MemberStream.Ahead(
            Urgency.BACKGROUND, () -> !layer.isClosed() && fetcher.hasRoom(), pace, HeadStart.NONE);
    int reached = range.stretch.next();
    long dueAt = ticker.read();
    try (LayerStreams.Stretch stretch = range.stretch) {
      reached = new MemberStream(fetcher, layer, ahead, new ArrayDeque<>()).fetch(stretch);
    } catch (IOException | RuntimeException e) {
      dueAt += RETRY.toNanos();
      if (!layer.isClosed()) {
        LOG.warn(
            "layer {}: background fetch failed and goes on in {} s: {}",
            layer.digest(),
            RETRY.toSeconds(),
            e.toString());
      }
    }
    synchronized (lock) {
      enrolment.active--;
      enrolment.cursor =
          reached < range.end ? Math.min(enrolment.cursor, reached) : enrolment.cursor;
      enrolment.dueAt = dueAt;
    }
  }

  /** All has been asked for: looks what has come, once nothing is under way any more. */
  private void endPass(Enrolment enrolment) {
    boolean settled = fetcher.isIdle();
    synchronized (lock) {
      settled &= enrolment.active == 0;
      enrolment.dueAt = ticker.read() + (settled ? SECOND_PASS : SETTLE).toNanos();
      enrolment.cursor = settled ? 0 : enrolment.cursor;
    }
    if (settled) {
      for (int member = 0; member < enrolment.layer.index().members(); member++) {
        fetcher.holds(enrolment.layer, member); // which tells the ledger
      }
    }
  }
}
