package io.loadstar.cli;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * How far a number of transfers is, how fast they go, and how long the rest takes. Thread-safe.
 *
 * <p>The rate is that of the last seconds: older ones count for less and less.
 */
final class TransferMeter {

  /** After this time a change of speed shows by two thirds. */
  private static final double MEMORY_NANOS = 5e9;

  private static final double NANOS = 1e9;

  /** A rate over less isn't worth telling. */
  private static final long LEAST_NANOS = 500_000_000;

  /** A remaining time above isn't worth telling: 100 hours. */
  private static final long MOST_SECONDS = 360_000;

  private final LongSupplier clock;
  private final Map<String, Transfer> transfers = new HashMap<>();
  private final long startedAt;
  private long total;
  private long done;
  private int finished;
  private double rate;
  private long sampledAt;
  private long sampled;

  private static final class Transfer {
    private final long size;
    private long done;
    private boolean finished;

    Transfer(long size) {
      this.size = size;
    }
  }

  /**
   * @param clock nanoseconds from any moment on
   */
  TransferMeter(LongSupplier clock) {
    this.clock = clock;
    this.startedAt = clock.getAsLong();
    this.sampledAt = startedAt;
  }

  /** Says that {@code name} will be transferred; if that is known already, nothing happens. */
  synchronized void plan(String name, long size) {
    if (transfers.putIfAbsent(name, new Transfer(size)) == null) {
      total += size;
    }
  }

  /** Counts bytes of {@code name}, at most as many as it has; what isn't planned isn't counted. */
  synchronized void advance(String name, long bytes) {
    Transfer transfer = transfers.get(name);
    if (transfer != null) {
      long more = Math.min(bytes, transfer.size - transfer.done);
      transfer.done += more;
      done += more;
    }
  }

  /** Says that {@code name} is there; what was never transferred, or is counted in part, is now. */
  synchronized void finish(String name) {
    Transfer transfer = transfers.get(name);
    if (transfer != null && !transfer.finished) {
      transfer.finished = true;
      finished++;
      long rest = transfer.size - transfer.done;
      transfer.done = transfer.size;
      // No transfer, so no sign of how fast those are.
      done += rest;
      sampled += rest;
    }
  }

  /** Whether anything is planned. */
  synchronized boolean isKnown() {
    return total > 0;
  }

  /** The part that is done, from 0 to 1. */
  synchronized double fraction() {
    return total == 0 ? 0 : (double) done / total;
  }

  /** All of it in words: layers, bytes, rate, time left. */
  synchronized String text() {
    sample();
    String text =
        finished
            + " of "
            + transfers.size()
            + (transfers.size() == 1 ? " layer  " : " layers  ")
            + ByteCount.text(done)
            + " of "
            + ByteCount.text(total);
    boolean tellable = clock.getAsLong() - startedAt >= LEAST_NANOS && rate >= 1;
    if (!tellable) {
      return text;
    }
    long seconds = (long) Math.ceil((total - done) / rate);
    return text
        + "  "
        + ByteCount.text((long) rate)
        + "/s"
        + (done < total && seconds < MOST_SECONDS ? "  " + time(seconds) + " left" : "");
  }

  private void sample() {
    long now = clock.getAsLong();
    long elapsed = now - sampledAt;
    if (elapsed <= 0) {
      return;
    }
    double current = (done - sampled) * NANOS / elapsed;
    boolean first = sampledAt == startedAt;
    double weight = first ? 1 : 1 - Math.exp(-elapsed / MEMORY_NANOS);
    rate += weight * (current - rate);
    sampledAt = now;
    sampled = done;
  }

  private static String time(long seconds) {
    if (seconds < 60) {
      return seconds + " s";
    }
    return seconds < 3600
        ? String.format(Locale.ROOT, "%d min %02d s", seconds / 60, seconds % 60)
        : String.format(Locale.ROOT, "%d h %02d min", seconds / 3600, seconds / 60 % 60);
  }
}
