package io.loadstar.coldstart;

import io.loadstar.rig.ShapedRelay;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The line between a node and its registry. Immutable.
 *
 * @param roundTripMillis of a byte and its answer
 * @param megabits that go through in a second, 10^6 each; 0 for no bound
 */
record Line(int roundTripMillis, int megabits) {

  private static final Pattern TEXT = Pattern.compile("(\\d{1,4})ms:(\\d{1,5})Mbit");
  private static final long BITS_PER_MEGABIT = 1_000_000;
  private static final double BITS_PER_BYTE = 8;
  private static final double MILLIS_PER_SECOND = 1e3;

  /** None at all: the loopback's own speed. */
  static final Line NONE = new Line(0, 0);

  /**
   * @param text as in {@code 20ms:200Mbit}
   * @throws IllegalArgumentException if it isn't that
   */
  static Line parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "not a line: " + text + "; one is written like 20ms:200Mbit, with 0Mbit for no bound");
    }
    return new Line(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
  }

  ShapedRelay.Shape shape() {
    return new ShapedRelay.Shape(
        Duration.ofMillis(roundTripMillis),
        megabits == 0 ? Long.MAX_VALUE : megabits * BITS_PER_MEGABIT);
  }

  /** What so many round trips and bytes take at the least, in milliseconds. */
  double leastMillis(int roundTrips, long bytes) {
    double travel = (double) roundTrips * roundTripMillis;
    if (megabits == 0) {
      return travel;
    }
    return travel + bytes * BITS_PER_BYTE / (megabits * BITS_PER_MEGABIT) * MILLIS_PER_SECOND;
  }

  @Override
  public String toString() {
    return roundTripMillis + " ms, " + (megabits == 0 ? "no bound" : megabits + " Mbit/s");
  }
}
