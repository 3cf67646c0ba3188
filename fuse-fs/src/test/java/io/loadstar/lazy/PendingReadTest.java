package io.loadstar.lazy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class PendingReadTest {

  private final List<String> told = new ArrayList<>();
  private final ByteBuffer buffer = ByteBuffer.allocate(100).position(10);
  private final PendingRead read =
      new PendingRead(
          buffer, 50, 2, (count, failure) -> told.add(failure == null ? "" + count : "failed"));

  @Test
  void itEndsWhenAllPartsAreFilled() {
    assertTrue(read.enter());
    read.leave(1);
    assertEquals(List.of(), told);
    assertEquals(10, buffer.position());
    assertTrue(read.enter());
    read.leave(1);
    assertEquals(List.of("50"), told);
    assertEquals(60, buffer.position());
    read.fail(new IOException("late"));
    assertFalse(read.enter());
    assertEquals(List.of("50"), told);
  }

  @Test
  void aFailureWaitsForTheCopyUnderWay() {
    assertTrue(read.enter());
    read.fail(new IOException("too slow"));
    assertEquals(List.of(), told, "the buffer is still being written to");
    assertFalse(read.enter());
    read.leave(1);
    assertEquals(List.of("failed"), told);
    assertEquals(10, buffer.position());
    read.fail(new IOException("again"));
    assertEquals(List.of("failed"), told);
  }

  @Test
  void aPartThatCouldNotBeFilledMayBeTriedAgain() {
    assertTrue(read.enter());
    read.leave(0);
    assertTrue(read.enter());
    read.leave(1);
    assertTrue(read.enter());
    read.leave(1);
    assertEquals(List.of("50"), told);
  }

  @Test
  void itsTimeLimitIsCancelledAtTheEndEvenIfItComesLate() {
    CompletableFuture<Void> limit = new CompletableFuture<>();
    read.endsBy(limit);
    read.fail(new IOException("x"));
    assertTrue(limit.isCancelled());
    CompletableFuture<Void> late = new CompletableFuture<>();
    read.endsBy(late);
    assertTrue(late.isCancelled());
  }
}
