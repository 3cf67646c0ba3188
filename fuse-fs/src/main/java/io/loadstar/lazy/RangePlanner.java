package io.loadstar.lazy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides which on-demand fetches share a request: a round trip costs as much as a number of bytes.
 * Thread-safe.
 */
final class RangePlanner {

  private final int fetchAtLeast;
  private final AheadClaims claims;

  /**
   * @param fetchAtLeast the bytes that a round trip is worth
   * @param claims what else may be fetched
   */
  RangePlanner(int fetchAtLeast, AheadClaims claims) {
    this.fetchAtLeast = fetchAtLeast;
    this.claims = claims;
  }

  /** Claims a member that nobody waits for. */
  interface AheadClaims {
    /** Null if there is no need to fetch it. */
    @Nullable Flight claim(LazyLayer layer, int member);
  }

  /**
   * Puts flights that lie so near each other that a request costs more than the bytes between them
   * into one run, and lengthens a short last one.
   *
   * @param claimed of one layer, ascending
   */
  List<ArrayDeque<Flight>> runsOf(List<Flight> claimed) {
    List<ArrayDeque<Flight>> runs = new ArrayList<>();
    for (Flight flight : claimed) {
      LayerIndex index = flight.layer().index();
      ArrayDeque<Flight> run = runs.isEmpty() ? null : runs.getLast();
      long gap = run == null ? 0 : index.start(flight.member()) - index.end(run.getLast().member());
      if (run == null || gap > fetchAtLeast) {
        run = new ArrayDeque<>();
        runs.add(run);
      }
      run.add(flight);
    }
    if (!runs.isEmpty()) {
      lengthen(runs.getLast());
    }
    return runs;
  }

  /** Adds what lies directly behind, until the run is worth its round trip. */
  private void lengthen(ArrayDeque<Flight> run) {
    LazyLayer layer = run.getFirst().layer();
    LayerIndex index = layer.index();
    long start = index.start(run.getFirst().member());
    long end = index.end(run.getLast().member());
    int next = run.getLast().member() + 1;
    while (next < index.members()
        && index.start(next) == end
        && index.end(next) - start <= fetchAtLeast) {
      Flight flight = claims.claim(layer, next);
      if (flight == null) {
        return;
      }
      run.add(flight);
      end = index.end(next++);
    }
  }
}
