package io.loadstar.registry;

import io.loadstar.credentials.Credentials;
import java.time.Duration;

/**
 * The value of an {@code Authorization} header and how long it is good for. Immutable. Its {@code
 * toString} doesn't show it.
 *
 * @param header the value
 * @param expiry when to get another, in {@link System#nanoTime}'s terms
 * @param credentials what it was got for
 */
record Authorization(String header, long expiry, Credentials credentials) {

  /** Longer than a process lives. */
  private static final Duration LASTING = Duration.ofDays(10_000);

  /** A value that is good until it is refused. */
  static Authorization lasting(String header, Credentials credentials, long now) {
    return validFor(header, LASTING, now).of(credentials);
  }

  /**
   * A value that is good for {@code time}.
   *
   * @param now as the clock that {@link #hasExpired} will be asked by
   */
  static Authorization validFor(String header, Duration time, long now) {
    return new Authorization(header, now + time.toNanos(), new Credentials.Anonymous());
  }

  /** The same, got for these. */
  Authorization of(Credentials whose) {
    return new Authorization(header, expiry, whose);
  }

  /** Whether a token server gave it, and may give another for the same credentials. */
  boolean isToken() {
    return header.startsWith("Bearer ") && !(credentials instanceof Credentials.RegistryToken);
  }

  boolean hasExpired(long now) {
    return now - expiry >= 0;
  }

  @Override
  public String toString() {
    return "Authorization[]";
  }
}
