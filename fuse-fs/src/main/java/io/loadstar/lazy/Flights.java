package io.loadstar.lazy;

import io.loadstar.cache.ObjectKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All fetches of the node that are under way, by the chunks that they will yield: what makes sure
 * that a chunk is fetched at most once at a time, be it for two readers, two layers or a background
 * fetch. Thread-safe. The lock guards two maps and nothing is done under it but look-ups.
 *
 * <p>A member is claimed whole, all its chunks at once: a second reader who wants another of its
 * chunks joins as well.
 */
final class Flights {

  private final Object lock = new Object();
  private final Map<ObjectKey, Flight> byChunk = new HashMap<>();
  private long bytes;

  /**
   * Has {@code part} wait for the flight that brings its chunk, beginning one if there is none.
   *
   * @return the flight, if it is new and the caller has to fetch it; null if it was joined
   */
  @Nullable Flight joinOrClaim(Part part) {
    if (join(part)) {
      return null;
    }
    LazyLayer layer = part.layer();
    int member = layer.index().memberOf(part.chunk());
    List<ObjectKey> keys = keysOf(layer, member); // may be many, so not under the lock
    synchronized (lock) {
      if (join(part)) {
        return null;
      }
      Flight flight = claimAll(new Flight(layer, member, Urgency.ON_DEMAND), keys);
      flight.await(part);
      return flight;
    }
  }

  private boolean join(Part part) {
    synchronized (lock) {
      Flight flight = byChunk.get(part.key());
      if (flight != null) {
        flight.await(part);
      }
      return flight != null;
    }
  }

  /**
   * Begins a flight that nobody waits for yet.
   *
   * @return null if everything that it would bring is under way already
   */
  @Nullable Flight claim(LazyLayer layer, int member, Urgency urgency) {
    List<ObjectKey> keys = keysOf(layer, member);
    synchronized (lock) {
      Flight flight = claimAll(new Flight(layer, member, urgency), keys);
      return flight.awaited.isEmpty() ? null : flight;
    }
  }

  private Flight claimAll(Flight flight, List<ObjectKey> keys) {
    for (ObjectKey key : keys) {
      if (byChunk.putIfAbsent(key, flight) == null) {
        bytes += key.size();
        flight.awaited.put(key, new ArrayList<>(1));
      }
    }
    return flight;
  }

  private static List<ObjectKey> keysOf(LazyLayer layer, int member) {
    LayerIndex index = layer.index();
    int end = index.firstChunk(member + 1);
    List<ObjectKey> keys = new ArrayList<>(end - index.firstChunk(member));
    for (int chunk = index.firstChunk(member); chunk < end; chunk++) {
      keys.add(index.key(chunk));
    }
    return keys;
  }

  /**
   * Ends the flight's claim to one chunk.
   *
   * @return who waited for it; empty if it was never the flight's, or its claim has ended
   */
  List<Part> land(Flight flight, ObjectKey key) {
    synchronized (lock) {
      List<Part> waiting = flight.awaited.remove(key);
      if (waiting == null) {
        return List.of();
      }
      end(key);
      return waiting;
    }
  }

  private void end(ObjectKey key) {
    byChunk.remove(key);
    bytes -= key.size();
  }

  /**
   * Ends the flight's claim to all that hasn't come.
   *
   * @return who waited for any of it
   */
  List<Part> abandon(Flight flight) {
    synchronized (lock) {
      List<Part> waiting = new ArrayList<>();
      flight.awaited.forEach((key, parts) -> {
        end(key);
        waiting.addAll(parts);
      });
      flight.awaited.clear();
      return waiting;
    }
  }

  /** Whether the flight still has a claim to anything. */
  boolean isUnderWay(Flight flight) {
    synchronized (lock) {
      return !flight.awaited.isEmpty();
    }
  }

  /** Whether a chunk is under way. */
  boolean isUnderWay(ObjectKey key) {
    synchronized (lock) {
      return byChunk.containsKey(key);
    }
  }

  /** Whether anybody waits for one of these. */
  boolean isAwaited(Collection<Flight> some) {
    synchronized (lock) {
      for (Flight flight : some) {
        for (List<Part> waiting : flight.awaited.values()) {
          if (!waiting.isEmpty()) {
            return true;
          }
        }
      }
      return false;
    }
  }

  /** How many bytes all chunks have that are under way. */
  long bytes() {
    synchronized (lock) {
      return bytes;
    }
  }

  /** How many chunks are under way. */
  int size() {
    synchronized (lock) {
      return byChunk.size();
    }
  }
}
