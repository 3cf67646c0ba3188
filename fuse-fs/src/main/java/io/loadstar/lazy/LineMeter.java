package io.loadstar.lazy;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * What a line to a registry was measured to be: how long an answer takes to begin, and how many
 * bytes come in a second. Thread-safe; the lock guards four numbers.
 *
 * <p>Both are exponentially weighted means of what streams have seen, so that they follow a line
 * that changes within some ten requests. Bytes are measured against the time that a reader of the
 * stream was kept waiting: what came while the bytes before were being decoded cost nothing. That
 * says what a request costs here, with all that it waits for.
 *
 * <p>How much is on the line at once is another question: what stood behind others isn't far, and
 * what came out of a buffer isn't fast. So for that the quickest answers and the best rates count,
 * from the first byte to the last, as BBR takes them (Cardwell and others, "BBR: Congestion-Based
 * Congestion Control", ACM Queue 14, 2016).
 */
final class LineMeter {

  /** The weight of the newest measurement. */
  private static final double NEWEST = 0.2;

  /** The weight of a measurement that says more, or less, than the line's best so far. */
  private static final double BETTER = 0.5;

  private static final double WORSE = 0.05;

  /** Fewer bytes than this come out of a buffer as often as off the line. */
  private static final long LEAST_MEASURED = 256 << 10;

  /**
   * Nor, where no more is on the line at once, than this: a request waits behind others, and what
   * is fetched for nothing makes them wait longer.
   */
  private static final int MOST_OF_A_SHORT_LINE = 1 << 20;

  /** A round trip is never taken to be worth more: lines of 100 ms and 40 MB/s have it. */
  static final int MOST_ROUND_TRIP_BYTES = 4 << 20;

  private static final double NANOS_PER_SECOND = 1e9;

  private final int least;
  private final Object lock = new Object();
  private double latencyNanos = Double.NaN;
  private double bytesPerSecond = Double.NaN;
  private double quickestNanos = Double.NaN;
  private double bestBytesPerSecond = Double.NaN;

  /**
   * @param least what a round trip is taken to be worth until there are measurements, and at least
   *     then, in bytes
   */
  LineMeter(int least) {
    this.least = least;
  }

  /** An answer has begun {@code nanos} after it was asked for. */
  void answered(long nanos) {
    synchronized (lock) {
      latencyNanos = mean(latencyNanos, (double) nanos, NEWEST);
      quickestNanos = mean(quickestNanos, (double) nanos, nanos < quickestNanos ? BETTER : WORSE);
    }
  }

  /**
   * {@code bytes} have come.
   *
   * @param waited how long their reader was kept waiting, in nanoseconds
   * @param took from the first to the last, in nanoseconds
   */
  void received(long bytes, long waited, long took) {
    if (bytes < LEAST_MEASURED) {
      return;
    }
    double rate = bytes * NANOS_PER_SECOND / Math.max(1, waited);
    double sustained = bytes * NANOS_PER_SECOND / Math.max(1, took);
    synchronized (lock) {
      bytesPerSecond = mean(bytesPerSecond, rate, NEWEST);
      if (took >= quickestNanos) { // what came sooner than an answer may have lain in a buffer
        double weight = sustained > bestBytesPerSecond ? BETTER : WORSE;
        bestBytesPerSecond = mean(bestBytesPerSecond, sustained, weight);
      }
    }
  }

  private static double mean(double before, double newest, double weight) {
    return Double.isNaN(before) ? newest : before + weight * (newest - before);
  }

  /** How many bytes are on the line at once when it is full; 0 until it is measured. */
  long bytesOnTheLine() {
    synchronized (lock) {
      return (long) (quickestNanos / NANOS_PER_SECOND * bestBytesPerSecond); // 0 of what is NaN
    }
  }

  /**
   * How many bytes come in the time that a request takes to be answered: so many may be fetched for
   * nothing rather than to ask once more.
   */
  int roundTripBytes() {
    double bytes;
    synchronized (lock) {
      bytes = latencyNanos / NANOS_PER_SECOND * bytesPerSecond;
    }
    long most = Math.clamp(bytesOnTheLine(), MOST_OF_A_SHORT_LINE, MOST_ROUND_TRIP_BYTES);
    return Double.isNaN(bytes)
        ? least
        : (int) Math.clamp((long) bytes, least, Math.max(least, most));
  }

  /**
   * The answer to a request, measured while it is read.
   *
   * @param bytes where the answer is read from; the request may only be sent by the first read
   * @param askedAt when it was asked for, in {@link System#nanoTime}
   */
  InputStream measured(InputStream bytes, long askedAt) {
    return new Measured(bytes, askedAt);
  }

  /** Not thread-safe. What is read of it at its end, or when it is closed, is told. */
  private final class Measured extends FilterInputStream {
    private final long askedAt;
    private boolean begun;
    private long beganAt;
    private long lastAt;
    private long count;
    private long waited;

    Measured(InputStream bytes, long askedAt) {
      super(bytes);
      this.askedAt = askedAt;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      int read = read(one, 0, 1);
      return read < 0 ? read : one[0] & 0xff;
    }

    @Override
    public int read(byte @Nullable [] target, int start, int length) throws IOException {
      long before = System.nanoTime();
      int read = in.read(target, start, length);
      note(read, System.nanoTime() - before);
      return read;
    }

    @Override
    public long skip(long wanted) throws IOException {
      long before = System.nanoTime();
      long skipped = in.skip(wanted);
      note(skipped, System.nanoTime() - before);
      return skipped;
    }

    private void note(long read, long nanos) {
      if (read <= 0) {
        return;
      }
      lastAt = System.nanoTime();
      if (begun) {
        count += read;
        waited += nanos;
        return;
      }
      begun = true;
      beganAt = lastAt;
      answered(beganAt - askedAt);
    }

    @Override
    public void close() throws IOException {
      received(count, waited, lastAt - beganAt);
      count = 0;
      super.close();
    }
  }
}
