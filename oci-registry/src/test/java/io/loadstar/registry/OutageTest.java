package io.loadstar.registry;

import static io.loadstar.registry.fake.Faults.status;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.BlobSource;
import io.loadstar.registry.fake.FakeRegistry;
import io.loadstar.registry.fake.Fault;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** A registry that is away for a while: who reads waits for it, and it isn't overrun. */
@ParameterizedClass
@EnumSource
final class OutageTest {

  /** More than a server's retries, so that some are left out. */
  private static final int READERS = RetryBudget.CAPACITY + 10;

  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** Time passes only where somebody waits, side by side. */
  private final AtomicLong now = new AtomicLong();

  private final AtomicInteger pauses = new AtomicInteger();
  private final FakeRegistry.Wire wire;
  private final TestAccess known;
  private FakeRegistry registry;

  OutageTest(FakeRegistry.Wire wire) {
    this.wire = wire;
    this.known = new TestAccess(wire);
  }

  @BeforeEach
  void start() {
    registry = new FakeRegistry(wire);
  }

  @AfterEach
  void stop() {
    registry.close();
  }

  @Test
  void aReaderWaitsForARegistryThatRestarts() throws IOException {
    AtomicInteger waits = new AtomicInteger();
    try (RegistryClient client =
        client(
            LIMIT,
            time -> {
              now.addAndGet(time.toNanos());
              // About 10 s have passed.
              if (waits.incrementAndGet() == 10) {
                registry.comeBack();
              }
            })) {
      BlobSource blob = client.openBlob(registry.image(), registry.blob());
      registry.goAway();
      assertArrayEquals(expected(10), read(blob, 10));
      assertEquals(10, waits.get());
    }
  }

  @Test
  void aReaderGivesUpWhenItsPatienceIsOverAndSaysWhy() throws IOException {
    try (RegistryClient client = client(LIMIT, time -> now.addAndGet(time.toNanos()))) {
      BlobSource blob = client.openBlob(registry.image(), registry.blob());
      registry.always(request -> true, status(503));
      RegistryException e = assertThrows(RegistryException.Refused.class, () -> read(blob, 10));
      assertEquals(503, e.status());
      long seconds = Duration.ofNanos(now.get()).toSeconds();
      assertTrue(seconds <= 30 && seconds >= 25, "after " + seconds + " s");
    }
  }

  @Test
  void whoOnlyLooksWhetherALayerIsThereDoesNotWait() throws IOException {
    try (RegistryClient client = client(LIMIT, time -> now.addAndGet(time.toNanos()))) {
      BlobSource blob = client.openBlob(registry.image(), registry.blob());
      registry.always(request -> true, status(503));
      assertThrows(RegistryException.Refused.class, blob::check);
      assertEquals(3, registry.requests().size());
    }
  }

  @Test
  void manyReadersOfAnOutageAskLittleAndAllGetTheirBytesAfterIt() throws Exception {
    AtomicInteger refused = new AtomicInteger();
    Fault away =
        (request, good) -> {
          refused.incrementAndGet();
          return status(503).answer(request, good);
        };
    try (RegistryClient client =
        client(
            Duration.ofDays(1),
            time -> {
              now.addAndGet(time.toNanos() / READERS);
              if (pauses.incrementAndGet() == 20 * READERS) {
                registry.heal();
              }
            })) {
      BlobSource blob = client.openBlob(registry.image(), registry.blob());
      assertArrayEquals(expected(0), read(blob, 0));
      registry.always(FakeRegistry::isBlobRead, away);
      readSideBySide(blob);
      long seconds = Duration.ofNanos(now.get()).toSeconds();
      int bound = READERS + RetryBudget.CAPACITY + (int) seconds + 1;
      assertTrue(refused.get() <= bound, refused + " requests in " + seconds + " s of outage");
      assertEquals(1 + refused.get() + READERS, registry.requests().size());
    }
  }

  @Test
  void manyReadersWhoFailTogetherAreOneFailure() throws Exception {
    // In real time: while one asks, the others wait.
    try (RegistryClient client =
        new RegistryClient(known.access().withReads(RetryPolicy.patient(LIMIT)))) {
      registry.next(status(503));
      BlobSource blob = client.openBlob(registry.image(), registry.blob());
      readSideBySide(blob);
      assertEquals(1 + READERS, registry.requests().size());
    }
  }

  private RegistryClient client(Duration patience, RetryPolicy.Pause pause) {
    RetryPolicy reads = new RetryPolicy(Integer.MAX_VALUE, Duration.ofMillis(30), patience, pause);
    return new RegistryClient(known.access().withReads(reads), now::get);
  }

  private void readSideBySide(BlobSource blob) throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<byte[]>> all = new ArrayList<>();
      for (int i = 0; i < READERS; i++) {
        int offset = 100 * i;
        Callable<byte[]> read = () -> read(blob, offset);
        all.add(threads.submit(read));
      }
      for (int i = 0; i < READERS; i++) {
        assertArrayEquals(expected(100 * i), all.get(i).get());
      }
    }
  }

  private static byte[] read(BlobSource blob, int offset) throws IOException {
    byte[] bytes = new byte[50];
    blob.readFully(offset, ByteBuffer.wrap(bytes));
    return bytes;
  }

  private byte[] expected(int offset) {
    return Arrays.copyOfRange(registry.bytes(), offset, offset + 50);
  }
}
