package io.loadstar.lazy;

import org.jspecify.annotations.Nullable;

/**
 * Sees which readers of a layer go through its blob in order, and says what to fetch in front of
 * them. Thread-safe. The lock guards a few numbers; what is asked of each read that finds its bytes
 * in the store is one comparison, mostly.
 *
 * <p>All is measured in the blob: a program that reads one file after the other mostly does so in
 * the order in which they were packed, and a large file's chunks lie in its order as well. So there
 * is no difference between going on in a file and going on to the next.
 *
 * <p>A <em>run</em> is one reader on his way. It begins with a window of what a round trip is
 * worth. Each time its reader comes to the second half of what was fetched for him, the window
 * grows, up to a limit, and no further than to the first window and what he has read already: that
 * much is for nothing at most when he turns away, and while it comes, it keeps others waiting. A
 * reader who leaves out more than what he reads is worth, a part of a round trip for each member
 * counted as bytes, is back to the first window, and so is who goes back, or leaves out more than
 * that part: these jump about, as programs do in large files. Readers who never go on soon get only
 * what they ask for.
 *
 * <p>Who begins somewhere mostly doesn't begin at the beginning: a program needs one file of a
 * directory, or one part of a file, then another that may as well lie before it. So half of a first
 * window is also worth fetching before what was asked for, once that is here. It is no run's.
 */
final class ReadAhead {

  /** How many readers of one layer are followed at once; the one that stood still longest goes. */
  private static final int RUNS = 8;

  private static final int GROWTH = 4;

  /** So many runs that never went on, one after the other, and the first window is left out. */
  private static final int JUMPS = 16;

  /** So many steps of a reader are worth a round trip: he doesn't wait for each. */
  private static final int STEPS = 3;

  /**
   * So many times what the line holds, and so many bytes, are as good a window as any: when its
   * reader is at the half, and more is asked for, twice what comes until that begins is still to be
   * read.
   */
  private static final long WINDOW_LINES = 4;

  private static final long SUFFICES = 4 << 20;

  /** What lies before a reader is worth fetching as far as this part of the first window. */
  private static final int BEFORE = 2;

  /** The first window is at most this, however far the registry is. */
  private static final int MOST_FIRST = 1 << 20;

  private final int least;
  private final int limit;
  private final LineMeter meter;
  private final Read read;
  private final Object lock = new Object();
  private final @Nullable Run[] runs = new Run[RUNS];
  private long uses;
  private int jumps;

  /** The lowest offset at which any run wants to hear of a reader. */
  private volatile long listenFrom = Long.MAX_VALUE;

  /**
   * @param least what is fetched at least, in compressed bytes; 0 to fetch nothing ahead
   * @param limit the largest window, in compressed bytes; 0 for none but the first
   * @param read what readers were given
   */
  ReadAhead(int least, int limit, LineMeter meter, Read read) {
    this.least = least;
    this.limit = limit;
    this.meter = meter;
    this.read = read;
  }

  /** What readers were given. */
  interface Read {
    /**
     * What it was worth, in bytes of the blob between two offsets, and {@code each} for each member
     * of it.
     */
    long worthBetween(long from, long to, long each);
  }

  /** One reader on his way through the blob; all are offsets there. */
  private static final class Run {
    private final long start;
    private long position;
    private long fetchedTo;
    private long window;
    private long usedAt;

    Run(long start) {
      this.start = start;
      this.position = start;
    }

    /** Where its reader is to be heard of again. */
    long trigger() {
      return fetchedTo - window / 2;
    }
  }

  /**
   * What to fetch.
   *
   * @param from the first byte
   * @param end the byte behind the last
   */
  record Stretch(long from, long end) {}

  /**
   * A reader needs what lies between {@code from} and {@code to}, and it is going to be fetched.
   *
   * @return what is worth fetching with it: from {@code from} or before, up to {@code to} or more
   */
  Stretch missed(long from, long to) {
    if (least == 0) {
      return new Stretch(from, to);
    }
    synchronized (lock) {
      Run run = runAt(from);
      if (run == null) {
        run = begin(from);
        run.window = first();
      } else {
        grow(run, to, to - from);
      }
      run.position = Math.max(run.position, to);
      long end = Math.max(to, from + run.window);
      run.fetchedTo = Math.max(run.fetchedTo, end);
      listen();
      return new Stretch(Math.max(0, from - first() / BEFORE), end);
    }
  }

  /** Whether a reader at {@code offset} goes on where one was, and doesn't come from elsewhere. */
  boolean goesOn(long offset) {
    synchronized (lock) {
      return runAt(offset) != null;
    }
  }

  /** Whether {@link #passed} has to be told of a reader at {@code offset}. */
  boolean isHeardAt(long offset) {
    return offset >= listenFrom;
  }

  /**
   * A reader was given what lies at {@code offset}, or waits for it and it is under way.
   *
   * @return what to fetch in front of him; null for nothing
   */
  @Nullable Stretch passed(long offset) {
    synchronized (lock) {
      Run run = runAt(offset);
      if (run == null || offset < run.trigger()) {
        return null;
      }
      grow(run, offset, 0);
      run.position = Math.max(run.position, offset);
      long from = run.fetchedTo;
      long end = offset + run.window;
      if (end <= from) {
        listen();
        return null;
      }
      run.fetchedTo = end;
      listen();
      return new Stretch(from, end);
    }
  }

  /**
   * @param position where its reader is
   * @param needed how many bytes before that he is about to be given
   */
  private void grow(Run run, long position, long needed) {
    long passed = position - run.start;
    long near = near();
    if (read.worthBetween(run.start, position - needed, near) + needed + near < passed / 2) {
      run.window = first();
    } else {
      long given = read.worthBetween(run.start, position - needed, 0) + needed;
      long wanted = Math.min(Math.max(run.window, least) * GROWTH, first() + given);
      run.window = Math.max(run.window, Math.min(wanted, most()));
      jumps = 0;
    }
    run.usedAt = ++uses;
  }

  private long first() {
    int worth = Math.clamp(meter.roundTripBytes(), least, Math.max(least, MOST_FIRST));
    return jumps < JUMPS ? worth : 0;
  }

  /** The largest window: more brings nobody further sooner, and is for nothing if he stops. */
  private long most() {
    return Math.min(limit, Math.max(SUFFICES, WINDOW_LINES * meter.bytesOnTheLine()));
  }

  /** What a step is worth that leaves something out, in bytes. */
  private long near() {
    return Math.max(meter.roundTripBytes() / STEPS, least);
  }

  /** The run whose reader is at {@code offset}, or may be: not far from where he was. */
  private @Nullable Run runAt(long offset) {
    long near = near();
    Run found = null;
    for (Run run : runs) {
      if (run != null
          && offset >= Math.max(run.start, run.position - near)
          && offset <= run.fetchedTo + near
          && (found == null || run.start > found.start)) {
        found = run;
      }
    }
    return found;
  }

  private Run begin(long start) {
    int oldest = 0;
    for (int i = 0; i < RUNS; i++) {
      Run run = runs[i];
      if (run == null) {
        oldest = i;
        break;
      }
      Run other = runs[oldest];
      oldest = other != null && run.usedAt < other.usedAt ? i : oldest;
    }
    jumps++;
    Run run = new Run(start);
    run.usedAt = ++uses;
    runs[oldest] = run;
    return run;
  }

  private void listen() {
    long lowest = Long.MAX_VALUE;
    for (Run run : runs) {
      if (run != null && limit > 0) {
        lowest = Math.min(lowest, run.trigger());
      }
    }
    listenFrom = lowest;
  }
}
