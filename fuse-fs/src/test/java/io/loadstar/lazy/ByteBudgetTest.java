package io.loadstar.lazy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

final class ByteBudgetTest {

  private static final int MIB = 1 << 20;

  private final ByteBudget budget = new ByteBudget(4 * MIB);

  private CompletableFuture<ByteBudget.Share> acquireLater(long bytes, Urgency urgency) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return budget.acquire(bytes, urgency);
          } catch (InterruptedException e) {
            throw new CompletionException(e);
          }
        },
        work -> Thread.ofPlatform().daemon().start(work));
  }

  @Test
  void whatIsFetchedAheadLeavesHalfToTheReaders() throws Exception {
    ByteBudget.Share ahead = budget.acquire(2 * MIB, Urgency.BACKGROUND);
    CompletableFuture<ByteBudget.Share> more = acquireLater(1, Urgency.BACKGROUND);
    ByteBudget.Share demand = budget.acquire(2 * MIB, Urgency.ON_DEMAND);
    assertEquals(0, budget.free());
    assertFalse(more.isDone());
    ahead.release();
    Reading.await(more).release();
    demand.release();
    assertEquals(4 * MIB, budget.free());
  }

  @Test
  void whatCanNeverFitIsToldBeforehand() {
    assertTrue(budget.fits(4 * MIB, Urgency.ON_DEMAND));
    assertFalse(budget.fits(4 * MIB + 1, Urgency.ON_DEMAND));
    assertTrue(budget.fits(2 * MIB, Urgency.BACKGROUND));
    assertFalse(budget.fits(2 * MIB + 1, Urgency.BACKGROUND));
    assertFalse(budget.fits(Long.MAX_VALUE, Urgency.ON_DEMAND));
  }

  @Test
  void aReaderWaitsForWhatAnotherHolds() throws Exception {
    ByteBudget.Share all = budget.acquire(4 * MIB, Urgency.ON_DEMAND);
    CompletableFuture<ByteBudget.Share> next = acquireLater(1, Urgency.ON_DEMAND);
    assertFalse(next.isDone());
    all.release();
    Reading.await(next).release();
    assertEquals(4 * MIB, budget.free());
  }
}
