package io.loadstar.registry;

import java.time.Duration;

/**
 * How long is waited for what. None of them bounds a transfer as a whole: a large blob may take as
 * long as it goes on. Immutable.
 *
 * @param connect until a connection stands
 * @param firstByte from the request until the answer begins
 * @param stall between two reads or writes of a body
 * @param commit until the answer to an upload begins, when the registry may move it about first
 */
public record Timeouts(Duration connect, Duration firstByte, Duration stall, Duration commit) {

  /** What suits ordinary networks. */
  public static Timeouts defaults() {
    return new Timeouts(
        Duration.ofSeconds(10),
        Duration.ofSeconds(30),
        Duration.ofSeconds(30),
        Duration.ofMinutes(5));
  }
}
