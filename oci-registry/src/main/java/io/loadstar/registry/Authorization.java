package io.loadstar.registry;

import java.time.Duration;

/**
 * The value of an {@code Authorization} header and how long it is good for. Immutable. Its {@code
 * toString} doesn't show it.
 *
 * @param header the value
 * @param expiry when to get another, in {@link System#nanoTime}'s terms
 */
record Authorization(String header, long expiry) {

  /** A value that is good until it is refused. */
  static Authorization lasting(String header) {
    return validFor(header, Duration.ofDays(365));
  }

  static Authorization validFor(String header, Duration time) {
    return new Authorization(header, System.nanoTime() + time.toNanos());
  }

  boolean hasExpired() {
    return System.nanoTime() - expiry >= 0;
  }

  @Override
  public String toString() {
    return "Authorization[]";
  }
}
