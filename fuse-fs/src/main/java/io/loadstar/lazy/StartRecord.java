package io.loadstar.lazy;

import com.github.benmanes.caffeine.cache.Ticker;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Which members of a layer are read while what stands on it starts: for {@link #WINDOW} from the
 * first read on, in the order in which they are read first.
 *
 * <p>Thread-safe. A read costs a look at one bit for each of its members, once it was read before;
 * when the time is over, a look at a flag. The lock guards the list.
 */
final class StartRecord {

  /** How long a start is taken to last. */
  static final Duration WINDOW = Duration.ofSeconds(30);

  /** A word of {@link #seen} has the bits of 2 to the power of this many members. */
  private static final int WORD_BITS = 6;

  private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);

  private final LayerIndex index;
  private final Ticker ticker;
  private final Runnable begun;
  private final long[] seen;
  private final Object lock = new Object();
  private final List<Long> members = new ArrayList<>();
  private long endsAt;
  private volatile boolean on;

  private StartRecord(LayerIndex index, Ticker ticker, Runnable begun) {
    this.index = index;
    this.ticker = ticker;
    this.begun = begun;
    this.seen = new long[(index.members() >> WORD_BITS) + 1];
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

  /**
   * A reader was given bytes.
   *
   * @param count how many, 1 or more
   */
  void read(long file, long offset, int count) {
    if (!on) {
      return;
    }
    int last = index.find(file, offset + count - 1);
    for (int chunk = index.find(file, offset); chunk <= last; chunk++) {
      int member = index.memberOf(chunk);
      int word = member >> WORD_BITS;
      long bit = 1L << member;
      if (((long) WORDS.getOpaque(seen, word) & bit) == 0
          && ((long) WORDS.getAndBitwiseOr(seen, word, bit) & bit) == 0) {
        add(member);
      }
    }
  }

  private void add(int member) {
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
