package io.loadstar.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store with a bound: it keeps to it, and nobody who reads notices. */
final class QuotaTest {

  private static final SharingDomain DOMAIN = SharingDomain.ofRegistry("registry.example.org");
  private static final int SIZE = 100_000;
  private static final Duration LIMIT = Duration.ofSeconds(20);

  @TempDir Path folder;
  private final Random random = new Random(11);
  private @Nullable DiskContentStore store;

  @AfterEach
  void close() throws IOException {
    if (store != null) {
      store.close();
    }
  }

  private DiskContentStore open(Quota quota) throws IOException {
    close();
    store =
        DiskContentStore.open(
            folder.resolve("store"), DiskContentStore.Bounds.DEFAULT.withQuota(quota));
    return store;
  }

  private record Sample(ObjectKey.ByContent key, ByteBuffer bytes) {}

  private Sample sample() {
    byte[] bytes = new byte[SIZE];
    random.nextBytes(bytes);
    return new Sample(
        new ObjectKey.ByContent(DOMAIN, Digest.of(bytes), SIZE), ByteBuffer.wrap(bytes));
  }

  private static boolean put(DiskContentStore store, Sample sample) {
    return store.put(sample.key(), sample.bytes().duplicate());
  }

  private static void await(String what, java.util.function.BooleanSupplier condition)
      throws InterruptedException {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < end, "not in time: " + what);
      Thread.sleep(5);
    }
  }

  private void setAge(Sample sample, Duration age) throws IOException {
    String hex = sample.key().digest().hex();
    Path file =
        folder
            .resolve("store/objects")
            .resolve(DOMAIN.directoryName())
            .resolve(hex.substring(0, 2))
            .resolve(hex);
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(age)));
  }

  @Test
  void theBoundIsNeverPassed() throws Exception {
    DiskContentStore store = open(new Quota(20L * SIZE, 0));
    for (int i = 0; i < 200; i++) {
      put(store, sample());
      assertTrue(store.usage().bytes() <= 20L * SIZE, store.usage()::toString);
    }
    await("room again", () -> put(store, sample()));
    assertTrue(store.usage().evicted() > 0, store.usage()::toString);
    assertTrue(store.usage().bytes() <= 20L * SIZE, store.usage()::toString);
  }

  @Test
  void whatWasUsedLatelyStays() throws Exception {
    DiskContentStore store = open(new Quota(20L * SIZE, 0));
    List<Sample> old = new ArrayList<>();
    for (int i = 0; i < 18; i++) {
      Sample sample = sample();
      assertTrue(put(store, sample));
      setAge(sample, Duration.ofDays(30));
      old.add(sample);
    }
    Sample used = old.get(7);
    assertEquals(SIZE, store.tryRead(used.key(), 0, ByteBuffer.allocate(SIZE)));

    assertTrue(put(store, sample()));
    assertTrue(put(store, sample())); // 20 of 20: over the high mark
    await("eviction", () -> store.usage().evicted() > 0);

    assertTrue(store.contains(used.key()));
    assertEquals(SIZE, store.tryRead(used.key(), 0, ByteBuffer.allocate(SIZE)));
  }

  @Test
  void whatTheKernelHoldsStays() throws Exception {
    DiskContentStore store = open(new Quota(20L * SIZE, 0));
    List<Sample> old = new ArrayList<>();
    for (int i = 0; i < 18; i++) {
      Sample sample = sample();
      assertTrue(put(store, sample));
      setAge(sample, Duration.ofDays(30));
      old.add(sample);
    }
    ContentStore.HeldFile held = store.holdFile(old.getFirst().key());
    assertNotNull(held);
    assertEquals(SIZE, Files.size(held.path()));
    assertNull(store.holdFile(sample().key()));

    assertTrue(put(store, sample()));
    assertTrue(put(store, sample())); // 20 of 20: over the high mark
    await("eviction", () -> store.usage().evicted() > 0);

    assertTrue(store.contains(old.getFirst().key()));
    assertTrue(Files.exists(held.path()));
    held.close();
  }

  @Test
  void theLastUseIsKnownToTheNextProcess() throws Exception {
    DiskContentStore first = open(new Quota(20L * SIZE, 0));
    List<Sample> old = new ArrayList<>();
    for (int i = 0; i < 18; i++) {
      Sample sample = sample();
      assertTrue(put(first, sample));
      setAge(sample, Duration.ofDays(30));
      old.add(sample);
    }
    Sample used = old.getFirst();
    assertEquals(SIZE, first.tryRead(used.key(), 0, ByteBuffer.allocate(SIZE)));

    DiskContentStore second = open(new Quota(10L * SIZE, 0)); // a smaller one: evicts at once
    await("room", () -> second.usage().bytes() <= 10L * SIZE);

    assertTrue(second.contains(used.key()));
  }

  @Test
  void whatIsEvictedWhileItIsReadIsReadToItsEnd() throws Exception {
    DiskContentStore store = open(new Quota(20L * SIZE, 0));
    Sample wanted = sample();
    AtomicBoolean stop = new AtomicBoolean();
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    Thread reader =
        Thread.ofPlatform()
            .start(() -> {
              try {
                while (!stop.get()) {
                  readOrPut(store, wanted);
                }
              } catch (Throwable e) {
                failure.set(e);
              }
            });
    for (int i = 0; i < 300; i++) {
      put(store, sample());
    }
    stop.set(true);
    reader.join();
    assertEquals(null, failure.get());
    assertTrue(store.usage().evicted() > 0);
  }

  private static void readOrPut(DiskContentStore store, Sample wanted) {
    ByteBuffer buffer = ByteBuffer.allocate(SIZE);
    int count = store.tryRead(wanted.key(), 0, buffer);
    if (count == ContentStore.MISSING) {
      put(store, wanted);
    } else {
      assertEquals(SIZE, count);
      assertEquals(wanted.bytes(), buffer.flip());
    }
  }

  @Test
  void aDiskBelowItsFloorTakesNothingAndLosesWhatItCan() throws Exception {
    long free = Files.getFileStore(folder).getUsableSpace();
    Sample before = sample();
    assertTrue(put(open(Quota.NONE), before));

    DiskContentStore store = open(new Quota(Long.MAX_VALUE, 2 * free));

    assertFalse(store.hasRoom(0));
    assertFalse(put(store, sample()));
    await("eviction", () -> store.usage().objects() == 0);
    assertFalse(store.contains(before.key()));
  }

  @Test
  void anObjectLargerThanTheWholeQuotaIsNotKept() throws Exception {
    DiskContentStore store = open(new Quota(SIZE - 1, 0));
    assertFalse(put(store, sample()));
    assertEquals(0, store.usage().bytes());
  }
}
