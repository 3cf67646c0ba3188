package io.loadstar.lazy;

import io.loadstar.blob.ByteRange;
import io.loadstar.cache.ContentStore;
import io.loadstar.cache.ObjectKey;
import io.loadstar.format.ChunkDecoder;
import io.loadstar.layer.FileChunk;
import io.loadstar.layer.Member;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Brings chunks from where their layers come from into the store and to who waits for them.
 *
 * <p>Thread-safe; one for the node, owned by the {@link LazyNode}.
 *
 * <p>A flight goes: claimed in {@link Flights}; its bytes read from a response, on a thread that
 * waits for the network, within the {@link ByteBudget}; decoded and verified on the {@link
 * DecodePool}; each chunk put into the store, its claim ended, its readers served. Whoever looks
 * into the store first and then for a flight may miss both by a hair: so a new claim is looked up
 * in the store once more before it is fetched.
 *
 * <p>A failure is told to the readers of the layer through whose source the fetch was made. A
 * reader of another layer who had joined, or one who had joined what was fetched ahead, tries again
 * through his own.
 */
final class ChunkFetcher implements AutoCloseable {

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final ContentStore store;
  private final Workers workers;
  private final RangePlanner planner;
  private final ByteBudget budget;
  private final Flights flights = new Flights();
  private final Decoders decoders = new Decoders();

  ChunkFetcher(ContentStore store, Workers workers, LazyOptions options) {
    this.store = store;
    this.workers = workers;
    this.planner = new RangePlanner(options.fetchAtLeast(), this::claimAhead);
    this.budget = new ByteBudget(options.bytesInFlight());
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
      }
    }
    try {
      claimed.removeIf(this::landedMeanwhile);
      claimed.sort(Comparator.comparingInt(Flight::member));
      start(planner.runsOf(claimed));
    } catch (RuntimeException e) { // a claim that nobody follows would hang all who join it
      claimed.forEach(flight -> fail(flight, new IOException("a fetch failed", e)));
    }
  }

  /** Fetches the first run on this thread, the others on their own. */
  private void start(List<ArrayDeque<Flight>> runs) {
    for (int i = 1; i < runs.size(); i++) {
      ArrayDeque<Flight> run = runs.get(i);
      execute(() -> fetchRun(run), run);
    }
    if (!runs.isEmpty()) {
      fetchRun(runs.getFirst());
    }
  }

  private void execute(Runnable work, Iterable<Flight> concerned) {
    try {
      workers.network().execute(work);
    } catch (RejectedExecutionException e) {
      concerned.forEach(flight -> fail(flight, new IOException("shutting down", e)));
    }
  }

  /** Whether all that the flight was to bring came into the store before it was claimed. */
  private boolean landedMeanwhile(Flight flight) {
    LazyLayer layer = flight.layer();
    for (FileChunk chunk : layer.index().member(flight.member()).chunks()) {
      if (store.tryRead(layer.index().key(chunk), 0, NOTHING.duplicate()) < 0) {
        layer.ledger().lost(flight.member());
        return false;
      }
    }
    layer.ledger().holds(flight.member());
    flights.abandon(flight).forEach(this::tryAgain);
    return true;
  }

  /**
   * Claims a member that nobody waits for.
   *
   * @return null if it is in the store, under way, or too large to be fetched ahead
   */
  @Nullable Flight claimAhead(LazyLayer layer, int member) {
    return isWanted(layer, member) ? flights.claim(layer, member, Urgency.AHEAD) : null;
  }

  /** Whether the store takes what nobody waits for. */
  boolean hasRoom() {
    return store.hasRoom();
  }

  /** Whether a member isn't in the store and can be fetched ahead, which not the largest can. */
  boolean isWanted(LazyLayer layer, int member) {
    return !holds(layer, member)
        && budget.fits(costOf(layer.index().member(member)), Urgency.AHEAD);
  }

  /** Whether the store has all chunks of a member, as far as can be told without hashing them. */
  boolean holds(LazyLayer layer, int member) {
    LayerLedger ledger = layer.ledger();
    if (ledger.isHeld(member)) {
      return true;
    }
    for (FileChunk chunk : layer.index().member(member).chunks()) {
      if (!store.contains(layer.index().key(chunk))) {
        return false;
      }
    }
    ledger.holds(member);
    return true;
  }

  /** Fetches a run in one request. All its flights have been handed on or have failed then. */
  private void fetchRun(ArrayDeque<Flight> run) {
    LazyLayer layer = run.getFirst().layer();
    LayerIndex index = layer.index();
    ByteRange range =
        ByteRange.between(index.start(run.getFirst().member()), index.end(run.getLast().member()));
    IOException cause = new IOException(layer.digest() + ": nothing came for " + range);
    layer.ledger().requested();
    try {
      layer.source().readRanges(List.of(range), (_, bytes) -> takeAll(run, range, bytes));
    } catch (IOException e) {
      cause = e;
    } catch (RuntimeException e) {
      cause = new IOException(layer.digest() + ": can't read " + range, e);
    } finally {
      while (!run.isEmpty()) {
        fail(run.remove(), cause);
      }
    }
  }

  private void takeAll(ArrayDeque<Flight> run, ByteRange range, InputStream bytes)
      throws IOException {
    long position = range.offset();
    while (!run.isEmpty()) {
      Flight flight = run.element();
      LayerIndex index = flight.layer().index();
      skip(flight.layer(), index.start(flight.member()) - position, bytes);
      take(flight, bytes);
      position = index.end(flight.member());
      run.remove();
    }
  }

  /**
   * Reads a flight's member from {@code bytes}, which stand at its beginning, and has it decoded.
   * Waits for memory first. If it throws, the flight is still the caller's.
   */
  void take(Flight flight, InputStream bytes) throws IOException {
    LazyLayer layer = flight.layer();
    Member member = layer.index().member(flight.member());
    int length = Math.toIntExact(Math.min(member.range().length(), Integer.MAX_VALUE));
    long cost = costOf(member);
    if (!budget.fits(cost, flight.urgency())) {
      skip(layer, member.range().length(), bytes);
      String what = ": a member takes " + cost + " bytes of memory, more than may be in flight";
      fail(flight, new IOException(layer.digest() + what));
      return;
    }
    ByteBudget.Share share = acquire(cost, flight.urgency());
    boolean handedOn = false;
    try {
      byte[] compressed = new byte[length];
      int count = bytes.readNBytes(compressed, 0, length);
      layer.ledger().fetched(count);
      if (count < length) {
        throw new EOFException(layer.digest() + ": " + count + " bytes came of " + member.range());
      }
      workers.decoders().execute(flight.urgency(), () -> decode(flight, compressed, share));
      handedOn = true;
    } catch (RejectedExecutionException e) {
      throw new IOException("shutting down", e);
    } finally {
      if (!handedOn) {
        share.release();
      }
    }
  }

  /** Reads over what nobody wants, which was fetched all the same. */
  void skip(LazyLayer layer, long count, InputStream bytes) throws IOException {
    bytes.skipNBytes(count);
    layer.ledger().fetched(count);
  }

  private ByteBudget.Share acquire(long cost, Urgency urgency) throws InterruptedIOException {
    try {
      return budget.acquire(cost, urgency);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for memory");
    }
  }

  /** What a member takes in memory while it is decoded: itself and its largest chunk. */
  private static long costOf(Member member) {
    long largest = 0;
    for (FileChunk chunk : member.chunks()) {
      largest = Math.max(largest, chunk.chunk().size());
    }
    return member.range().length() + largest;
  }

  private void decode(Flight flight, byte[] compressed, ByteBudget.Share share) {
    LazyLayer layer = flight.layer();
    Member member = layer.index().member(flight.member());
    IOException cause = new IOException(layer.digest() + ": " + member.range() + " not decoded");
    ChunkDecoder decoder = decoders.take(layer.format());
    boolean[] kept = {true};
    try {
      decoder.decode(
          compressed,
          member,
          (chunk, bytes) -> kept[0] &= land(flight, layer.index().key(chunk), bytes));
      if (kept[0]) {
        layer.ledger().holds(flight.member());
      }
    } catch (IOException e) {
      cause = e;
    } catch (RuntimeException e) {
      cause = new IOException(layer.digest() + ": can't decode " + member.range(), e);
    } finally {
      decoders.giveBack(layer.format(), decoder);
      share.release();
      fail(flight, cause);
    }
  }

  /** Keeps a verified chunk and serves who waits for it; whether it could be kept. */
  private boolean land(Flight flight, ObjectKey key, ByteBuffer bytes) {
    boolean kept = store.put(key, bytes);
    for (Part part : flights.land(flight, key)) {
      part.fillFrom(bytes);
    }
    return kept;
  }

  /** Ends a flight. What has landed stays; if anything hasn't, {@code cause} is why. */
  void fail(Flight flight, IOException cause) {
    // Asked for with the claim still standing, so that nobody begins another before it is noted.
    if (!flights.isUnderWay(flight)) {
      return;
    }
    if (!flight.layer().isClosed()) {
      flight.layer().ledger().failed(flight.member(), flight.urgency(), cause);
    }
    for (Part part : flights.abandon(flight)) {
      if (part.layer() == flight.layer() && flight.urgency() == Urgency.ON_DEMAND) {
        part.fail(cause);
      } else {
        tryAgain(part);
      }
    }
  }

  private void tryAgain(Part part) {
    try {
      workers
          .network()
          .execute(() -> {
            if (!part.tryFill(store)) {
              fetch(List.of(part));
            }
          });
    } catch (RejectedExecutionException e) {
      part.fail(new IOException("shutting down", e));
    }
  }

  /** Whether nothing is under way, nor being decoded. */
  boolean isIdle() {
    return flights.size() == 0 && budget.isFree();
  }

  /** How many bytes more may be in flight now. */
  long bytesFree() {
    return budget.free();
  }

  /** How many chunks are under way. */
  int chunksUnderWay() {
    return flights.size();
  }

  /** After the workers have ended. */
  @Override
  public void close() {
    decoders.close();
  }
}
