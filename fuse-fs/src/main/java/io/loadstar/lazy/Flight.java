package io.loadstar.lazy;

import io.loadstar.cache.ObjectKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The one fetch of a member that is under way, and who waits for which chunk of it. Its state
 * belongs to {@link Flights}, and is guarded by that's lock.
 */
final class Flight {

  private final LazyLayer layer;
  private final int member;
  private final Urgency urgency;

  /** The chunks that are still to come and that nobody else fetches, with those who wait. */
  final Map<ObjectKey, List<Part>> awaited = new HashMap<>();

  Flight(LazyLayer layer, int member, Urgency urgency) {
    this.layer = layer;
    this.member = member;
    this.urgency = urgency;
  }

  /** Through whose source it is fetched. */
  LazyLayer layer() {
    return layer;
  }

  /** The member's number in that layer. */
  int member() {
    return member;
  }

  /** Why it was begun; a reader may have joined since. */
  Urgency urgency() {
    return urgency;
  }

  void await(Part part) {
    awaited.computeIfAbsent(part.key(), key -> new ArrayList<>(1)).add(part);
  }
}
