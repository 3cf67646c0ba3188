package io.loadstar.lazy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.benmanes.caffeine.cache.Ticker;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What a line is worth, who goes first on it, and how fast it may be used. */
final class LineTest {

  private static final int LEAST = 128 << 10;
  private static final long MILLIS = 1_000_000;

  @Test
  void aRoundTripIsWorthTheLeastUntilItIsMeasured() {
    LineMeter meter = new LineMeter(LEAST);
    assertEquals(LEAST, meter.roundTripBytes());
    meter.answered(100 * MILLIS);
    assertEquals(LEAST, meter.roundTripBytes());
  }

  @Test
  void aRoundTripIsWorthWhatComesMeanwhile() {
    LineMeter meter = new LineMeter(LEAST);
    meter.answered(100 * MILLIS);
    meter.received(25_000_000, 1000 * MILLIS, 1000 * MILLIS);
    assertEquals(2_500_000, meter.roundTripBytes());
    for (int i = 0; i < 50; i++) {
      meter.answered(20 * MILLIS);
    }
    assertEquals(500_000, meter.roundTripBytes(), 10_000);
    for (int i = 0; i < 50; i++) {
      meter.answered(1);
    }
    assertEquals(LEAST, meter.roundTripBytes());
  }

  @Test
  void whatStoodBehindOthersOrCameOutOfABufferDoesNotMakeTheLineLonger() {
    LineMeter meter = new LineMeter(LEAST);
    assertEquals(0, meter.bytesOnTheLine());
    for (int i = 0; i < 60; i++) {
      meter.answered((i % 3 == 0 ? 20 : 80) * MILLIS);
      meter.received(1_000_000, MILLIS, (i % 3 == 0 ? 40 : 400) * MILLIS);
      meter.received(1_000_000, MILLIS, MILLIS);
    }
    assertEquals(500_000.0, (double) meter.bytesOnTheLine(), 200_000.0);
    assertEquals(1 << 20, meter.roundTripBytes(), "what a request costs here is more, to a bound");
    for (int i = 0; i < 100; i++) {
      meter.answered(80 * MILLIS);
      meter.received(4_000_000, MILLIS, 160 * MILLIS);
    }
    assertEquals(
        2_000_000.0, (double) meter.bytesOnTheLine(), 20_000.0, "a line that has become longer");
  }

  @Test
  void aRoundTripIsNeverWorthMoreThanItsCap() {
    LineMeter meter = new LineMeter(LEAST);
    meter.answered(60_000 * MILLIS);
    meter.received(1_000_000_000_000L, 1, 60_000 * MILLIS);
    assertEquals(LineMeter.MOST_ROUND_TRIP_BYTES, meter.roundTripBytes());
  }

  @Test
  void whatIsLessUrgentWaitsForTheLastThatIsMoreUrgent() throws Exception {
    LineGate gate = new LineGate(MILLIS, MILLIS);
    try (LineGate.Passage background = gate.enter(Urgency.BACKGROUND)) {
      assertTrue(background.awaitTurn(() -> false));
      LineGate.Passage reader = gate.enter(Urgency.ON_DEMAND);
      LineGate.Passage prefetch = gate.enter(Urgency.PREFETCH);
      CompletableFuture<Boolean> turn = new CompletableFuture<>();
      Thread waiter =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  turn.complete(background.awaitTurn(() -> false));
                } catch (InterruptedException e) {
                  turn.completeExceptionally(e);
                }
              });
      Reading.until(() -> waiter.getState() == Thread.State.TIMED_WAITING);
      reader.close();
      Reading.until(() -> waiter.getState() == Thread.State.TIMED_WAITING);
      assertFalse(turn.isDone());
      prefetch.become(Urgency.BACKGROUND);
      assertTrue(Reading.await(turn));
      prefetch.close();
    }
  }

  @Test
  void whatSomebodyWaitsForDoesNotWait() throws Exception {
    LineGate gate = new LineGate();
    AtomicBoolean awaited = new AtomicBoolean();
    try (LineGate.Passage background = gate.enter(Urgency.BACKGROUND);
        LineGate.Passage reader = gate.enter(Urgency.ON_DEMAND)) {
      CompletableFuture<Boolean> turn = new CompletableFuture<>();
      Thread waiter =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  turn.complete(background.awaitTurn(awaited::get));
                } catch (InterruptedException e) {
                  turn.completeExceptionally(e);
                }
              });
      Reading.until(() -> waiter.getState() == Thread.State.TIMED_WAITING);
      awaited.set(true);
      gate.joined();
      assertTrue(Reading.await(turn));
      assertTrue(reader.awaitTurn(() -> false));
    }
  }

  @Test
  void theBackgroundWaitsForReadersWhoGoHereAndThere() throws Exception {
    LineGate gate = new LineGate(3600_000 * MILLIS, 3600_000 * MILLIS);
    assertTrue(gate.isFreeFor(Urgency.BACKGROUND));
    gate.readAnew();
    assertFalse(gate.isFreeFor(Urgency.BACKGROUND));
    assertTrue(gate.isFreeFor(Urgency.PREFETCH));

    LineGate other = new LineGate(60 * MILLIS, 60_000 * MILLIS);
    try (LineGate.Passage background = other.enter(Urgency.BACKGROUND)) {
      long before = System.nanoTime();
      other.readAnew();
      assertTrue(background.awaitTurn(() -> false));
      assertTrue(System.nanoTime() - before >= 60 * MILLIS);
      assertTrue(other.isFreeFor(Urgency.BACKGROUND));
    }
  }

  @Test
  void theBackgroundWaitsForReadersToUseWhatHasJustCome() throws Exception {
    LineGate gate = new LineGate(3600_000 * MILLIS, 3600_000 * MILLIS);
    LineGate.Passage background = gate.enter(Urgency.BACKGROUND);
    background.close();
    assertTrue(gate.isFreeFor(Urgency.BACKGROUND));
    LineGate.Passage prefetch = gate.enter(Urgency.PREFETCH);
    assertFalse(gate.isFreeFor(Urgency.BACKGROUND));
    prefetch.close();
    assertFalse(gate.isFreeFor(Urgency.BACKGROUND));
    assertTrue(gate.isFreeFor(Urgency.PREFETCH));
  }

  @Test
  void theBackgroundWaitsForNobodyWhoNeverStops() throws Exception {
    LineGate gate = new LineGate(60_000 * MILLIS, 300 * MILLIS);
    long before = System.nanoTime();
    gate.readAnew();
    try (LineGate.Passage background = gate.enter(Urgency.BACKGROUND)) {
      CompletableFuture<Boolean> turn = new CompletableFuture<>();
      Thread waiter =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  turn.complete(background.awaitTurn(() -> false));
                } catch (InterruptedException e) {
                  turn.completeExceptionally(e);
                }
              });
      Reading.until(() -> {
        gate.readAnew();
        return turn.isDone();
      });
      waiter.join();
      assertTrue(Reading.await(turn));
      assertTrue(System.nanoTime() - before >= 300 * MILLIS);
    }
  }

  @Test
  void aPaceIsKeptByAllWhoShareIt() {
    AtomicLong now = new AtomicLong(1000);
    Ticker ticker = now::get;
    Pace pace = new Pace(1_000_000, ticker);
    assertEquals(0, pace.delay(500_000));
    assertEquals(500 * MILLIS, pace.delay(250_000));
    assertEquals(750 * MILLIS, pace.delay(250_000));
    now.addAndGet(2000 * MILLIS);
    assertEquals(0, pace.delay(1));
    assertEquals(0, new Pace(Pace.UNBOUND, ticker).delay(Long.MAX_VALUE));
  }
}
