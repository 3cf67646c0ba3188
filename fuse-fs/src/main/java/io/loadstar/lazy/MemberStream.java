package io.loadstar.lazy;

import io.loadstar.blob.ByteRange;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Fetches a run of a layer's members in one request, ahead of any reader, and has each decoded as
 * it arrives. Not thread-safe; used once.
 *
 * <p>It claims only what the response is about to bring, {@link #CLAIM_AHEAD} bytes: a reader who
 * wants one of these joins, and hasn't long to wait; a reader who wants what comes later fetches it
 * at once, past the stream, which then leaves it out. So no reader waits for a long response.
 */
final class MemberStream {

  /**
   * How far in front of the response members are claimed, in compressed bytes: about what arrives
   * within a few round trips.
   */
  static final int CLAIM_AHEAD = 2 << 20;

  private final ChunkFetcher fetcher;
  private final LazyLayer layer;
  private final LayerIndex index;
  private final BooleanSupplier mayGoOn;
  private final ArrayDeque<Flight> claimed = new ArrayDeque<>();
  private int next;
  private int last;

  /**
   * @param mayGoOn asked before more is claimed; once false, the stream ends with what is claimed
   */
  MemberStream(ChunkFetcher fetcher, LazyLayer layer, BooleanSupplier mayGoOn) {
    this.fetcher = fetcher;
    this.layer = layer;
    this.index = layer.index();
    this.mayGoOn = mayGoOn;
  }

  /**
   * Fetches the members from {@code first} up to, but not including, {@code end}; returns when all
   * have arrived, though not yet been decoded.
   *
   * @return the member to go on from: {@code end}, or less if it had to stop
   * @throws IOException if the source fails; members that have arrived stay
   */
  int fetch(int first, int end) throws IOException {
    next = first;
    last = end;
    ByteRange range = ByteRange.between(index.start(first), index.end(end - 1));
    layer.ledger().requested();
    IOException cause = new IOException(layer.digest() + ": the response to " + range + " ended");
    try {
      layer.source().readRanges(List.of(range), this::receive);
    } catch (IOException e) {
      cause = e;
      throw e;
    } finally {
      while (!claimed.isEmpty()) {
        fetcher.fail(claimed.remove(), cause);
      }
    }
    return next;
  }

  private void receive(ByteRange range, InputStream bytes) throws IOException {
    long position = range.offset();
    for (Flight flight = claimNext(); flight != null; flight = claimNext()) {
      fetcher.skip(layer, index.start(flight.member()) - position, bytes);
      position = index.end(flight.member());
      fetcher.take(flight, bytes);
      claimed.remove();
    }
  }

  /** Claims what is near, and tells what comes next, still claimed; null at the end. */
  private @Nullable Flight claimNext() {
    while (next < last && mayGoOn.getAsBoolean()) {
      Flight first = claimed.peek();
      long limit = index.start(first == null ? next : first.member()) + CLAIM_AHEAD;
      if (index.start(next) >= limit) {
        break;
      }
      Flight flight = fetcher.claimAhead(layer, next++);
      if (flight != null) {
        claimed.add(flight);
      }
    }
    return claimed.peek();
  }
}
