package io.loadstar.unpack;

import java.time.Duration;

/**
 * What one layer may cost. Immutable.
 *
 * @param maxBytes of its files together
 * @param minFreeBytes what has to stay free on the file system
 * @param timeout how long it may take, the network included
 */
public record UnpackBounds(long maxBytes, long minFreeBytes, Duration timeout) {

  public UnpackBounds {
    if (maxBytes < 0 || minFreeBytes < 0 || timeout.isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException("no such bounds: " + maxBytes + ", " + timeout);
    }
  }
}
