package io.loadstar.lazy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Decides what shares a request: a round trip costs as much as a number of bytes, which may be
 * fetched for nothing rather than to ask once more. Immutable.
 *
 * @param least the bytes that a round trip is worth at least; 0 if nothing may be fetched that
 *     isn't wanted
 */
record RangePlanner(int least) {

  /**
   * Puts flights that lie so near each other that a request costs more than the bytes between them
   * into one run.
   *
   * @param claimed of one layer, ascending
   */
  List<ArrayDeque<Flight>> runsOf(List<Flight> claimed) {
    List<ArrayDeque<Flight>> runs = new ArrayList<>();
    for (Flight flight : claimed) {
      LayerIndex index = flight.layer().index();
      ArrayDeque<Flight> run = runs.isEmpty() ? null : runs.getLast();
      long gap = run == null ? 0 : index.start(flight.member()) - index.end(run.getLast().member());
      if (run == null || gap > gapOf(flight.layer().line())) {
        run = new ArrayDeque<>();
        runs.add(run);
      }
      run.add(flight);
    }
    return runs;
  }

  /** How many bytes that are here already are fetched again to save a request. */
  int gapOf(Line line) {
    return least == 0 ? 0 : line.meter().roundTripBytes();
  }

  /** From where to fetch. */
  record Start(int member, long limit) {}

  /**
   * How far one request goes.
   *
   * @param start the first member, which is fetched in any case, and the offset in the blob that no
   *     further member passes
   * @param wanted whether a member is to be fetched
   * @return the number behind the last member; it is wanted, or the first
   */
  int endOf(LazyLayer layer, Start start, IntPredicate wanted) {
    LayerIndex index = layer.index();
    int gap = gapOf(layer.line());
    int end = start.member + 1;
    for (int next = end; next < index.members(); next++) {
      boolean far = index.end(next) > start.limit;
      if (far || index.start(next) - index.end(end - 1) > gap) {
        break;
      }
      if (wanted.test(next)) {
        end = next + 1;
      }
    }
    return end;
  }
}
