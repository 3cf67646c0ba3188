package io.loadstar.lazy;

import io.loadstar.cache.ContentStore;
import io.loadstar.cache.ObjectKey;
import io.loadstar.format.ChunkDecoder;
import io.loadstar.layer.Member;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Where flights end: members come in from a response, wait for memory, are decoded and verified on
 * the {@link DecodePool}; each chunk is put into the store, its claim ended, its readers served.
 *
 * <p>Thread-safe; closed by the {@link ChunkFetcher} after the workers have ended.
 *
 * <p>A failure is told to the readers of the layer through whose source the fetch was made. A
 * reader of another layer who had joined, or one who had joined what was fetched ahead, tries again
 * through his own.
 */
final class Arrivals implements AutoCloseable {

  private final ContentStore store;
  private final Flights flights;
  private final Workers workers;
  private final ByteBudget budget;
  private final Consumer<Part> again;
  private final Decoders decoders = new Decoders();

  /**
   * @param budget bounds the memory of members that are under way
   * @param again fetches for a reader who had joined what has failed; may wait for the network
   */
  Arrivals(
      ContentStore store,
      Flights flights,
      Workers workers,
      ByteBudget budget,
      Consumer<Part> again) {
    this.store = store;
    this.flights = flights;
    this.workers = workers;
    this.budget = budget;
    this.again = again;
  }

  /**
   * Reads a flight's member from {@code bytes}, which stand at its beginning, and has it decoded.
   * Waits for memory first. If it throws, the flight is still the caller's.
   */
  void take(Flight flight, InputStream bytes) throws IOException {
    LazyLayer layer = flight.layer();
    Member member = layer.index().member(flight.member());
    int length = Math.toIntExact(Math.min(member.range().length(), Integer.MAX_VALUE));
    long cost = layer.index().cost(flight.member());
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

  private void decode(Flight flight, byte[] compressed, ByteBudget.Share share) {
    LazyLayer layer = flight.layer();
    Member member = layer.index().member(flight.member());
    @Nullable IOException cause = null;
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
      if (flights.isUnderWay(flight)) {
        String what = layer.digest() + ": " + member.range() + " not decoded";
        fail(flight, cause == null ? new IOException(what) : cause);
      }
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

  /** Ends a flight that nobody waited for and that isn't to be brought now. */
  void letGo(Flight flight) {
    flights.abandon(flight).forEach(this::tryAgain);
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

  /** Has a reader looked after anew, who had waited for what doesn't come. */
  void tryAgain(Part part) {
    try {
      workers
          .network()
          .execute(() -> {
            if (!part.tryFill(store)) {
              again.accept(part);
            }
          });
    } catch (RejectedExecutionException e) {
      part.fail(new IOException("shutting down", e));
    }
  }

  /** Whether a member that takes {@code cost} bytes can ever be brought at {@code urgency}. */
  boolean fits(long cost, Urgency urgency) {
    return budget.fits(cost, urgency);
  }

  /** Whether nothing is being decoded. */
  boolean isIdle() {
    return budget.isFree();
  }

  /** How many bytes more may be in flight now. */
  long bytesFree() {
    return budget.free();
  }

  @Override
  public void close() {
    decoders.close();
  }
}
