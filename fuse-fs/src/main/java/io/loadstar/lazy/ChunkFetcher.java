package io.loadstar.lazy;

import io.loadstar.cache.ContentStore;
import io.loadstar.cache.ObjectKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Brings chunks from where their layers come from into the store and to who waits for them.
 *
 * <p>Thread-safe; one for the node, owned by the {@link LazyNode}.
 *
 * <p>A flight goes: claimed in {@link Flights}; planned into one request with its neighbours
 * ({@link RangePlanner}) and with what its reader is on the way to ({@link ReadAhead}); its bytes
 * read from the response ({@link MemberStream}), on a thread that waits for the network; decoded,
 * kept and handed to its readers ({@link Arrivals}). Whoever looks into the store first and then
 * for a flight may miss both by a hair: so a new claim is looked up in the store once more before
 * it is fetched.
 */
final class ChunkFetcher implements AutoCloseable {

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final ContentStore store;
  private final Workers workers;
  private final RangePlanner planner;
  private final Flights flights = new Flights();
  private final Arrivals arrivals;

  ChunkFetcher(ContentStore store, Workers workers, LazyOptions options) {
    this.store = store;
    this.workers = workers;
    this.planner = new RangePlanner(options.fetchAtLeast());
    this.arrivals =
        new Arrivals(
            store,
            flights,
            workers,
            new ByteBudget(options.bytesInFlight()),
            part -> fetch(List.of(part)));
  }

  Arrivals arrivals() {
    return arrivals;
  }

  /**
   * Sees to it that {@code parts}, which are of one layer and weren't in the store, are filled or
   * fail. Waits for the network while it fetches: to be called on a virtual thread.
   */
  void fetch(List<Part> parts) {
    List<Flight> claimed = new ArrayList<>(parts.size());
    for (Part part : parts) {
      LazyLayer layer = part.layer();
      IOException recent = layer.ledger().recentFailure(layer.index().memberOf(part.chunk()));
      if (recent != null) {
        part.fail(recent);
        continue;
      }
      Flight flight = flights.joinOrClaim(part);
      if (flight != null) {
        claimed.add(flight);
      } else {
        joined(part);
      }
    }
    try {
      claimed.removeIf(this::landedMeanwhile);
      claimed.sort(Comparator.comparingInt(Flight::member));
      start(planner.runsOf(claimed));
    } catch (RuntimeException e) { // a claim that nobody follows would hang all who join it
      claimed.forEach(flight -> arrivals.fail(flight, new IOException("a fetch failed", e)));
    }
  }

  /** What was fetched ahead, and maybe makes way for others, is waited for now. */
  private void joined(Part part) {
    LazyLayer layer = part.layer();
    layer.line().gate().joined();
    layer.passed(layer.index().start(layer.index().memberOf(part.chunk())));
  }

  /** How many bytes are read over rather than to make another request. */
  int gapOf(LazyLayer layer) {
    return planner.gapOf(layer.line());
  }

  /** Fetches the last run on this thread, the others on their own. */
  private void start(List<ArrayDeque<Flight>> runs) {
    if (runs.isEmpty()) {
      return;
    }
    ArrayDeque<Flight> last = runs.getLast();
    LazyLayer layer = last.getLast().layer();
    int first = runs.getFirst().getFirst().member();
    ReadAhead.Stretch around = around(layer, first, last.getLast().member());
    int end = endWithMore(layer, last.getLast().member(), around.end());
    for (ArrayDeque<Flight> run : runs.subList(0, runs.size() - 1)) {
      int behind = run.getLast().member() + 1;
      execute(() -> fetchRun(run, behind, () -> {}), run);
    }
    fetchRun(last, end, () -> fetchBefore(layer, around.from(), first));
  }

  /** What is worth fetching around what a reader asks for. */
  private ReadAhead.Stretch around(LazyLayer layer, int first, int last) {
    long from = layer.index().start(first);
    if (!layer.readAhead().goesOn(from)) {
      layer.line().gate().readAnew();
    }
    return layer.readAhead().missed(from, layer.index().end(last));
  }

  /** Fetches what isn't here between {@code from} and a member. Returns at once. */
  private void fetchBefore(LazyLayer layer, long from, int member) {
    LayerIndex index = layer.index();
    int first = index.firstFrom(from); // whole members only
    while (first < member && !isWanted(layer, first)) {
      first++;
    }
    if (first < member) {
      fetchAhead(layer, new ReadAhead.Stretch(index.start(first), index.start(member)));
    }
  }

  /** The end of a request up to {@code last} that also brings what lies before {@code limit}. */
  private int endWithMore(LazyLayer layer, int last, long limit) {
    int behind = last + 1;
    long more = limit - layer.index().end(last);
    if (more <= 0 || !hasRoom() || layer.streams().startFor(behind, more) > behind) {
      return behind;
    }
    return endOf(layer, last, limit);
  }

  /**
   * Up to where a request that begins with {@code first} brings what is wanted, and what no other
   * brings.
   *
   * @param limit the offset in the blob that it doesn't pass
   */
  int endOf(LazyLayer layer, int first, long limit) {
    int taken = layer.streams().firstTaken(first);
    RangePlanner.Start start = new RangePlanner.Start(first, limit);
    return planner.endOf(layer, start, member -> member < taken && isWanted(layer, member));
  }

  private void execute(Runnable work, Iterable<Flight> concerned) {
    try {
      workers.network().execute(work);
    } catch (RejectedExecutionException e) {
      concerned.forEach(flight -> arrivals.fail(flight, new IOException("shutting down", e)));
    }
  }

  /** Whether all that the flight was to bring came into the store before it was claimed. */
  private boolean landedMeanwhile(Flight flight) {
    LazyLayer layer = flight.layer();
    LayerIndex index = layer.index();
    int end = index.firstChunk(flight.member() + 1);
    for (int chunk = index.firstChunk(flight.member()); chunk < end; chunk++) {
      if (store.tryRead(index.key(chunk), 0, NOTHING.duplicate()) < 0) {
        layer.ledger().lost(flight.member());
        return false;
      }
    }
    layer.ledger().holds(flight.member());
    flights.abandon(flight).forEach(arrivals::tryAgain);
    return true;
  }

  /**
   * Fetches a run in one request. All its flights have been handed on or have failed then.
   *
   * @param served begins what may wait until what the readers asked for is here
   */
  private void fetchRun(ArrayDeque<Flight> run, int end, Runnable served) {
    LazyLayer layer = run.getFirst().layer();
    MemberStream.Ahead ahead = aheadOfReader(layer).telling(served);
    try (LayerStreams.Stretch stretch = layer.streams().begin(run.getFirst().member(), end)) {
      new MemberStream(this, layer, ahead, run).fetch(stretch);
    } catch (IOException e) {
      // Its readers have been told, and the layer's ledger.
    }
  }

  private MemberStream.Ahead aheadOfReader(LazyLayer layer) {
    return new MemberStream.Ahead(Urgency.READ_AHEAD, () -> !layer.isClosed() && hasRoom());
  }

  /** Fetches what a reader is on the way to, or may be. Returns at once. */
  void fetchAhead(LazyLayer layer, ReadAhead.Stretch wanted) {
    LayerIndex index = layer.index();
    int first =
        layer.streams().startFor(index.firstBehind(wanted.from()), wanted.end() - wanted.from());
    int end = index.firstFrom(wanted.end());
    // Said before the thread runs: the reader may be here sooner.
    LayerStreams.@Nullable Stretch stretch =
        hasRoom() ? layer.streams().beginFree(first, end) : null;
    if (stretch == null) {
      return;
    }
    try {
      workers.network().execute(() -> stream(layer, stretch));
    } catch (RejectedExecutionException e) {
      stretch.close();
    }
  }

  private void stream(LazyLayer layer, LayerStreams.Stretch stretch) {
    try (stretch) {
      int end = stretch.end();
      while (end > stretch.next() && !isWanted(layer, end - 1)) {
        end--;
      }
      stretch.endAt(end);
      new MemberStream(this, layer, aheadOfReader(layer), new ArrayDeque<>()).fetch(stretch);
    } catch (IOException e) {
      // Who needs what hasn't come fetches it himself, and is told then why it can't be had.
    }
  }

  /** The first member from {@code from} on that is to be fetched; the number of all if none is. */
  int firstWanted(LazyLayer layer, int from) {
    int member = from;
    while (member < layer.index().members() && !isWanted(layer, member)) {
      member++;
    }
    return member;
  }

  /** As {@link #firstWanted}, and nobody brings it already. */
  int firstOpen(LazyLayer layer, int from) {
    int next = firstWanted(layer, from);
    for (int free = layer.streams().firstFree(next); free != next; ) {
      next = firstWanted(layer, free);
      free = layer.streams().firstFree(next);
    }
    return next;
  }

  /**
   * Claims a member that nobody waits for.
   *
   * @return null if it is in the store, under way, or too large to be fetched ahead
   */
  @Nullable Flight claimAhead(LazyLayer layer, int member, Urgency urgency) {
    return isWanted(layer, member) ? flights.claim(layer, member, urgency) : null;
  }

  /** Whether a reader waits for one of these. */
  boolean isAwaited(Collection<Flight> some) {
    return flights.isAwaited(some);
  }

  /** Whether the store takes what nobody waits for, when all that is under way has come. */
  boolean hasRoom() {
    return store.hasRoom(flights.bytes());
  }

  /**
   * Whether any of a member is neither in the store nor under way, and it can be fetched ahead,
   * which not the largest can.
   */
  boolean isWanted(LazyLayer layer, int member) {
    if (layer.ledger().isHeld(member)) {
      return false;
    }
    LayerIndex index = layer.index();
    int end = index.firstChunk(member + 1);
    boolean held = true;
    for (int chunk = index.firstChunk(member); chunk < end; chunk++) {
      ObjectKey key = index.key(chunk);
      // In this order: what lands is in the store before its flight ends.
      boolean underWay = flights.isUnderWay(key);
      if (!underWay && !store.contains(key)) {
        return arrivals.fits(index.cost(member), Urgency.BACKGROUND);
      }
      held &= !underWay;
    }
    if (held) {
      layer.ledger().holds(member);
    }
    return false;
  }

  /** Whether the store has all chunks of a member, as far as can be told without hashing them. */
  boolean holds(LazyLayer layer, int member) {
    LayerLedger ledger = layer.ledger();
    if (ledger.isHeld(member)) {
      return true;
    }
    LayerIndex index = layer.index();
    int end = index.firstChunk(member + 1);
    for (int chunk = index.firstChunk(member); chunk < end; chunk++) {
      if (!store.contains(index.key(chunk))) {
        return false;
      }
    }
    ledger.holds(member);
    return true;
  }

  /** Whether nothing is under way, nor being decoded. */
  boolean isIdle() {
    return flights.size() == 0 && arrivals.isIdle();
  }

  /** How many bytes more may be in flight now. */
  long bytesFree() {
    return arrivals.bytesFree();
  }

  /** How many chunks are under way. */
  int chunksUnderWay() {
    return flights.size();
  }

  /** After the workers have ended. */
  @Override
  public void close() {
    arrivals.close();
  }
}
