package io.loadstar.lazy;

import io.loadstar.blob.ByteRange;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches a run of a layer's members in one request, and has each decoded as it arrives. Not
 * thread-safe; used once.
 *
 * <p>What readers wait for is claimed by whoever makes it. Of the rest it claims only what the
 * response is about to bring, {@link #CLAIM_AHEAD} bytes: a reader who wants one of these joins,
 * and hasn't long to wait; a reader who wants what comes later fetches it at once, past the stream,
 * which then leaves it out. So no reader waits for a long response.
 *
 * <p>As long as it brings what nobody waits for, it lets what is more urgent go first, and that
 * within one member.
 */
final class MemberStream {

  /**
   * How far in front of the response members are claimed, in compressed bytes: about what arrives
   * within a few round trips.
   */
  static final int CLAIM_AHEAD = 2 << 20;

  private static final Logger LOG = LoggerFactory.getLogger(MemberStream.class);

  private final ChunkFetcher fetcher;
  private final LazyLayer layer;
  private final LayerIndex index;
  private final Ahead ahead;

  /** Claimed for readers, and still behind {@link #next}. */
  private final ArrayDeque<Flight> demanded;

  /** Claimed, and about to come. */
  private final ArrayDeque<Flight> claimed = new ArrayDeque<>();

  /** The number behind the last that readers wait for; 0 if there is none. */
  private final int demandedEnd;

  private int demandedLeft;
  private int next;

  /**
   * @param ahead what it brings besides
   * @param demanded flights that readers wait for, ascending; the stream lands or fails them
   */
  MemberStream(ChunkFetcher fetcher, LazyLayer layer, Ahead ahead, ArrayDeque<Flight> demanded) {
    this.fetcher = fetcher;
    this.layer = layer;
    this.index = layer.index();
    this.ahead = ahead;
    this.demanded = demanded;
    this.demandedEnd = demanded.isEmpty() ? 0 : demanded.getLast().member() + 1;
    this.demandedLeft = demanded.size();
  }

  /**
   * What is brought that no reader waits for.
   *
   * @param urgency how soon it is needed
   * @param mayGoOn asked before more of it is claimed; once false, the stream ends with what is
   *     claimed
   * @param pace to keep to; null to take it as it comes
   * @param begun what was asked for before
   * @param served told once, when all that readers wait for has arrived; is quick
   */
  record Ahead(
      Urgency urgency,
      BooleanSupplier mayGoOn,
      @Nullable Pace pace,
      HeadStart begun,
      Runnable served) {

    /** What nobody has to be told of. */
    Ahead(Urgency urgency, BooleanSupplier mayGoOn, @Nullable Pace pace, HeadStart begun) {
      this(urgency, mayGoOn, pace, begun, () -> {});
    }

    /** As it comes, and asked for now. */
    Ahead(Urgency urgency, BooleanSupplier mayGoOn) {
      this(urgency, mayGoOn, null, HeadStart.NONE);
    }

    /** This, with somebody to be told. */
    Ahead telling(Runnable other) {
      return new Ahead(urgency, mayGoOn, pace, begun, other);
    }
  }

  /**
   * Fetches a stretch and what readers wait for; returns when all has arrived, though not yet been
   * decoded.
   *
   * @param stretch of the layer's streams; the first that readers wait for is its first
   * @return the member to go on from: the stretch's end, or less if it had to stop
   * @throws IOException if the source fails; members that have arrived stay
   */
  int fetch(LayerStreams.Stretch stretch) throws IOException {
    next = stretch.next();
    IOException cause = new IOException(layer.digest() + ": nothing came");
    try {
      // Claimed before it is asked for: who comes while the answer is on its way joins.
      Flight first = claimNext(stretch);
      if (first != null) {
        ask(ByteRange.between(index.start(first.member()), index.end(last(stretch))), stretch);
      }
    } catch (IOException e) {
      cause = e;
      throw e;
    } catch (RuntimeException e) {
      cause = new IOException(layer.digest() + ": can't read its members", e);
      throw cause;
    } finally {
      failAll(claimed, cause);
      failAll(demanded, cause);
    }
    return next;
  }

  /** What the request ends with, some of which has been claimed. */
  private int last(LayerStreams.Stretch stretch) {
    int end = Math.max(stretch.end(), demandedEnd);
    return next < end ? end - 1 : claimed.getLast().member();
  }

  private void ask(ByteRange range, LayerStreams.Stretch stretch) throws IOException {
    layer.ledger().requested();
    Urgency begun = demandedLeft == 0 ? ahead.urgency : Urgency.ON_DEMAND;
    long askedAt = System.nanoTime();
    try (LineGate.Passage passage = layer.line().gate().enter(begun)) {
      InputStream onItsWay = ahead.begun.take(range, fetcher.gapOf(layer));
      LOG.debug(
          "layer {}: {} {}, {}",
          layer.digest(),
          onItsWay == null ? "asking for" : "going on with",
          range,
          begun);
      if (onItsWay != null) { // which was measured where it is read
        receive(new Answer(range, onItsWay, stretch), passage);
        return;
      }
      layer
          .source()
          .readRanges(
              List.of(range),
              (_, bytes) -> receive(new Answer(range, metered(bytes, askedAt), stretch), passage));
    }
  }

  private InputStream metered(InputStream bytes, long askedAt) {
    return layer.line().meter().measured(bytes, askedAt);
  }

  private void failAll(ArrayDeque<Flight> flights, IOException cause) {
    while (!flights.isEmpty()) {
      fetcher.arrivals().fail(flights.remove(), cause);
    }
  }

  private record Answer(ByteRange range, InputStream bytes, LayerStreams.Stretch stretch) {}

  private void receive(Answer answer, LineGate.Passage passage) throws IOException {
    LayerStreams.Stretch stretch = answer.stretch;
    try (InputStream bytes = answer.bytes) {
      long position = answer.range.offset();
      for (Flight flight = claimNext(stretch); flight != null; flight = claimNext(stretch)) {
        if (demandedLeft == 0) {
          passage.become(ahead.urgency);
          if (!awaitTurn(passage, flight)) {
            next = flight.member();
            claimed.forEach(fetcher.arrivals()::letGo);
            claimed.clear();
            return;
          }
        }
        fetcher.arrivals().skip(layer, index.start(flight.member()) - position, bytes);
        position = index.end(flight.member());
        fetcher.arrivals().take(flight, bytes);
        claimed.remove();
        if (!flight.urgency().isAhead() && --demandedLeft == 0) {
          ahead.served.run();
        }
      }
      long left = answer.range.end() - position;
      if (left <= fetcher.gapOf(layer)) { // cheaper than another connection
        fetcher.arrivals().skip(layer, left, bytes);
      }
    }
  }

  private boolean awaitTurn(LineGate.Passage passage, Flight flight) throws IOException {
    try {
      if (ahead.pace != null && !fetcher.isAwaited(claimed)) {
        Thread.sleep(Duration.ofNanos(ahead.pace.delay(index.length(flight.member()))));
      }
      return passage.awaitTurn(() -> fetcher.isAwaited(claimed));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while others went first");
    }
  }

  /** Claims what is near, and tells what comes next, still claimed; null at the end. */
  private @Nullable Flight claimNext(LayerStreams.Stretch stretch) {
    while (next < stretch.end() || !demanded.isEmpty()) {
      Flight first = claimed.peek();
      long limit = index.start(first == null ? next : first.member()) + CLAIM_AHEAD;
      if (index.start(next) >= limit) {
        break;
      }
      Flight own = demanded.peek();
      if (own != null && own.member() == next) {
        claimed.add(demanded.remove());
        next++;
        continue;
      }
      if (demanded.isEmpty() && !ahead.mayGoOn.getAsBoolean()) {
        break;
      }
      Flight flight = fetcher.claimAhead(layer, next++, ahead.urgency);
      if (flight != null) {
        claimed.add(flight);
      }
    }
    stretch.reached(next);
    return claimed.peek();
  }
}
