package io.loadstar.lazy;

import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Which members of a layer are read while what stands on it starts: for {@link #WINDOW} from the
 * first read on, in the order in which they are read first.
 *
 * <p>Thread-safe; the lock guards the list. It is told of each member once, by {@link ReadMembers}.
 */
final class StartRecord {

  /** How long a start is taken to last. */
  static final Duration WINDOW = Duration.ofSeconds(30);

  private final LayerIndex index;
  private final Ticker ticker;
  private final Runnable begun;
  private final Object lock = new Object();
  private final List<Long> members = new ArrayList<>();
  private long endsAt;
  private volatile boolean on;

  private StartRecord(LayerIndex index, Ticker ticker, Runnable begun) {
    this.index = index;
    this.ticker = ticker;
    this.begun = begun;
  }

  /**
   * One that records.
   *
   * @param begun is run at the first read, by its reader, and returns at once
   */
  static StartRecord of(LayerIndex index, Ticker ticker, Runnable begun) {
    StartRecord record = new StartRecord(index, ticker, begun);
    record.on = true;
    return record;
  }

  /** Nothing is recorded. */
  static StartRecord none(LayerIndex index) {
    return new StartRecord(index, Ticker.disabledTicker(), () -> {});
  }

  /** This member was read for the first time. */
  void add(int member) {
    if (!on) {
      return;
    }
    boolean first;
    synchronized (lock) {
      long now = ticker.read();
      first = members.isEmpty();
      endsAt = first ? now + WINDOW.toNanos() : endsAt;
      if (!on || now - endsAt >= 0 || members.size() == LearntReads.MAX_MEMBERS) {
        on = false;
        return;
      }
      members.add(index.start(member));
    }
    if (first) {
      begun.run();
    }
  }

  /** Ends it; what was recorded, which is told once. */
  List<Long> end() {
    on = false;
    synchronized (lock) {
      List<Long> all = List.copyOf(members);
      members.clear();
      return all;
    }
  }
}
