package io.loadstar.lazy;

import java.time.Duration;
import java.util.Optional;

/**
 * The limits that all lazy layers of a node share. Immutable.
 *
 * @param waitLimit how long a reader waits at most before its read fails
 * @param bytesInFlight how many bytes of members, compressed and decoded, are in memory at most; a
 *     member that needs more on its own can't be read. 1 MiB to 1 GiB
 * @param fetchAtLeast what an on-demand fetch asks for at least, in compressed bytes, if there is
 *     something behind it that isn't here yet: a round trip costs as much as this many bytes. 0 to
 *     fetch only what is read
 * @param failureBackoff for how long reads of a member fail at once after a fetch of it failed
 * @param backgroundDelay how long the node must have been without an on-demand miss before the rest
 *     of its layers is fetched; empty to never fetch it
 * @param decodeThreads how many members are decoded at once
 */
public record LazyOptions(
    Duration waitLimit,
    long bytesInFlight,
    int fetchAtLeast,
    Duration failureBackoff,
    Optional<Duration> backgroundDelay,
    int decodeThreads) {

  private static final long LEAST_IN_FLIGHT = 1L << 20;
  private static final long MOST_IN_FLIGHT = 1L << 30;

  /** 30 s, 128 MiB, 128 KiB, 1 s, 5 s, as many threads as cores. */
  public static final LazyOptions DEFAULT =
      new LazyOptions(
          Duration.ofSeconds(30),
          128L << 20,
          128 << 10,
          Duration.ofSeconds(1),
          Optional.of(Duration.ofSeconds(5)),
          Runtime.getRuntime().availableProcessors());

  public LazyOptions {
    if (!waitLimit.isPositive() || failureBackoff.isNegative()) {
      throw new IllegalArgumentException(
          "not a wait limit and a back-off: " + waitLimit + ", " + failureBackoff);
    }
    if (bytesInFlight < LEAST_IN_FLIGHT || bytesInFlight > MOST_IN_FLIGHT) {
      throw new IllegalArgumentException("bytes in flight from 1 MiB to 1 GiB: " + bytesInFlight);
    }
    if (fetchAtLeast < 0 || decodeThreads < 1) {
      throw new IllegalArgumentException(
          "not a size and a number of threads: " + fetchAtLeast + ", " + decodeThreads);
    }
    if (backgroundDelay.isPresent() && backgroundDelay.get().isNegative()) {
      throw new IllegalArgumentException("not a delay: " + backgroundDelay.get());
    }
  }

  /** These, with another wait limit. */
  public LazyOptions withWaitLimit(Duration limit) {
    return new LazyOptions(
        limit, bytesInFlight, fetchAtLeast, failureBackoff, backgroundDelay, decodeThreads);
  }

  /** These, with another bound for the bytes in memory. */
  public LazyOptions withBytesInFlight(long bytes) {
    return new LazyOptions(
        waitLimit, bytes, fetchAtLeast, failureBackoff, backgroundDelay, decodeThreads);
  }

  /** These, with another least size of an on-demand fetch. */
  public LazyOptions withFetchAtLeast(int bytes) {
    return new LazyOptions(
        waitLimit, bytesInFlight, bytes, failureBackoff, backgroundDelay, decodeThreads);
  }

  /** These, with another delay before the background fetch; empty to switch it off. */
  public LazyOptions withBackgroundDelay(Optional<Duration> delay) {
    return new LazyOptions(
        waitLimit, bytesInFlight, fetchAtLeast, failureBackoff, delay, decodeThreads);
  }
}
