package io.loadstar.scenario;

import io.loadstar.rig.ShapedRelay;
import java.time.Duration;
import java.util.List;

/**
 * What a scenario was started with. Immutable.
 *
 * @param document whether the table is put into the documentation as well
 * @param numbers the rest
 */
record Arguments(boolean document, List<Integer> numbers) {

  private static final String DOCUMENT = "--document";
  private static final List<Integer> ROUND_TRIPS = List.of(0, 20, 100);

  /** That of every line, in bits a second. */
  private static final long WIDTH = 200_000_000;

  Arguments {
    numbers = List.copyOf(numbers);
  }

  static Arguments of(String... words) {
    List<String> all = List.of(words);
    return new Arguments(
        all.contains(DOCUMENT),
        all.stream().filter(word -> !word.equals(DOCUMENT)).map(Integer::parseInt).toList());
  }

  /** The number at {@code place}. */
  int number(int place, int otherwise) {
    return place < numbers.size() ? numbers.get(place) : otherwise;
  }

  /** Those lines whose round trips in ms are named from {@code place} on; all three if none is. */
  List<ShapedRelay.Shape> lines(int place) {
    List<Integer> named =
        place < numbers.size() ? numbers.subList(place, numbers.size()) : ROUND_TRIPS;
    return named.stream()
        .map(trip -> new ShapedRelay.Shape(Duration.ofMillis(trip), WIDTH))
        .toList();
  }
}
