package io.loadstar.lazy;

import java.time.Duration;
import java.util.Optional;

/**
 * The limits that all lazy layers of a node share. Immutable.
 *
 * @param waitLimit how long a reader waits at most before its read fails
 * @param bytesInFlight how many bytes of members, compressed and decoded, are in memory at most; a
 *     member that needs more on its own can't be read. 1 MiB to 1 GiB
 * @param fetchAtLeast what a round trip is taken to be worth until it is measured, and at least, in
 *     compressed bytes: so much may be fetched with what is read. 0 to fetch only what is read
 * @param readAheadLimit how many compressed bytes are fetched at most in front of a reader who
 *     reads one thing after the other; 0 not to follow readers
 * @param prefetchWithoutLandmark how many bytes of the beginning of a layer are prefetched that
 *     doesn't say what is read first
 * @param failureBackoff for how long reads of a member fail at once after a fetch of it failed
 * @param background how the rest of layers is fetched; empty to never fetch it
 * @param decodeThreads how many members are decoded at once
 */
public record LazyOptions(
    Duration waitLimit,
    long bytesInFlight,
    int fetchAtLeast,
    int readAheadLimit,
    long prefetchWithoutLandmark,
    Duration failureBackoff,
    Optional<Background> background,
    int decodeThreads) {

  private static final long LEAST_IN_FLIGHT = 1L << 20;
  private static final long MOST_IN_FLIGHT = 1L << 30;

  /** 30 s, 128 MiB, 128 KiB, 16 MiB, nothing, 1 s, in the background after 1 s, all cores. */
  public static final LazyOptions DEFAULT =
      new LazyOptions(
          Duration.ofSeconds(30),
          128L << 20,
          128 << 10,
          16 << 20,
          0,
          Duration.ofSeconds(1),
          Optional.of(Background.after(Duration.ofSeconds(1))),
          Runtime.getRuntime().availableProcessors());

  /**
   * How the rest of a layer is fetched.
   *
   * @param delay how long after it was mounted that begins
   * @param bytesPerSecond how fast at most, in compressed bytes, for all layers together; {@link
   *     Long#MAX_VALUE} for no bound
   * @param whenBusy what is done while others on the node need the processors
   */
  public record Background(Duration delay, long bytesPerSecond, WhenBusy whenBusy) {

    /** What is done while others on the node need the processors. */
    public enum WhenBusy {
      /** One range now and then. */
      BACK_OFF,
      /** The same as ever. */
      GO_ON
    }

    public Background {
      if (delay.isNegative() || bytesPerSecond < 1) {
        throw new IllegalArgumentException(
            "not a delay and a rate: " + delay + ", " + bytesPerSecond);
      }
    }

    /** As fast as it goes; slowly while others need the processors. */
    public static Background after(Duration delay) {
      return new Background(delay, Pace.UNBOUND, WhenBusy.BACK_OFF);
    }

    /** This, with something else to be done while others need the processors. */
    public Background with(WhenBusy other) {
      return new Background(delay, bytesPerSecond, other);
    }
  }

  public LazyOptions {
    if (!waitLimit.isPositive() || failureBackoff.isNegative()) {
      throw new IllegalArgumentException(
          "not a wait limit and a back-off: " + waitLimit + ", " + failureBackoff);
    }
    if (bytesInFlight < LEAST_IN_FLIGHT || bytesInFlight > MOST_IN_FLIGHT) {
      throw new IllegalArgumentException("bytes in flight from 1 MiB to 1 GiB: " + bytesInFlight);
    }
    if (fetchAtLeast < 0 || readAheadLimit < 0 || prefetchWithoutLandmark < 0) {
      throw new IllegalArgumentException(
          "not sizes: " + fetchAtLeast + ", " + readAheadLimit + ", " + prefetchWithoutLandmark);
    }
    if (decodeThreads < 1) {
      throw new IllegalArgumentException("not a number of threads: " + decodeThreads);
    }
  }

  /** These, with another wait limit. */
  public LazyOptions withWaitLimit(Duration limit) {
    return new LazyOptions(
        limit,
        bytesInFlight,
        fetchAtLeast,
        readAheadLimit,
        prefetchWithoutLandmark,
        failureBackoff,
        background,
        decodeThreads);
  }

  /** These, with another bound for the bytes in memory. */
  public LazyOptions withBytesInFlight(long bytes) {
    return new LazyOptions(
        waitLimit,
        bytes,
        fetchAtLeast,
        readAheadLimit,
        prefetchWithoutLandmark,
        failureBackoff,
        background,
        decodeThreads);
  }

  /** These, with another worth of a round trip. */
  public LazyOptions withFetchAtLeast(int bytes) {
    return new LazyOptions(
        waitLimit,
        bytesInFlight,
        bytes,
        readAheadLimit,
        prefetchWithoutLandmark,
        failureBackoff,
        background,
        decodeThreads);
  }

  /** These, with another limit of what is fetched in front of a reader. */
  public LazyOptions withReadAheadLimit(int bytes) {
    return new LazyOptions(
        waitLimit,
        bytesInFlight,
        fetchAtLeast,
        bytes,
        prefetchWithoutLandmark,
        failureBackoff,
        background,
        decodeThreads);
  }

  /** These, with another beginning of a layer that is prefetched. */
  public LazyOptions withPrefetchWithoutLandmark(long bytes) {
    return new LazyOptions(
        waitLimit,
        bytesInFlight,
        fetchAtLeast,
        readAheadLimit,
        bytes,
        failureBackoff,
        background,
        decodeThreads);
  }

  /** These, with another way to fetch the rest of layers; empty to switch it off. */
  public LazyOptions withBackground(Optional<Background> how) {
    return new LazyOptions(
        waitLimit,
        bytesInFlight,
        fetchAtLeast,
        readAheadLimit,
        prefetchWithoutLandmark,
        failureBackoff,
        how,
        decodeThreads);
  }
}
