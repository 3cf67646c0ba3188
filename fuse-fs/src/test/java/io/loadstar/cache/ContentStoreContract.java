package io.loadstar.cache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link ContentStore} does. */
abstract class ContentStoreContract {

  static final SharingDomain REGISTRY = SharingDomain.ofRegistry("registry.example:5000");

  private final long seed = System.nanoTime();
  final Random random = new Random(seed);
  ContentStore store;

  abstract ContentStore newStore() throws IOException;

  ContentStoreContract() {
    System.out.println(getClass().getSimpleName() + " seed " + seed);
  }

  @BeforeEach
  void open() throws IOException {
    store = newStore();
  }

  @AfterEach
  void close() throws IOException {
    store.close();
  }

  byte[] randomBytes(int size) {
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    return bytes;
  }

  static ObjectKey keyOf(SharingDomain domain, byte[] bytes) {
    return new ObjectKey.ByContent(domain, Digest.of(bytes), bytes.length);
  }

  static byte[] readWhole(ContentStore store, ObjectKey key) {
    ByteBuffer buffer = ByteBuffer.allocate((int) key.size());
    assertEquals(key.size(), store.tryRead(key, 0, buffer));
    ByteBuffer direct = ByteBuffer.allocateDirect((int) key.size());
    assertEquals(key.size(), store.tryRead(key, 0, direct));
    assertEquals(buffer.flip(), direct.flip());
    return buffer.array();
  }

  @Test
  void whatWasPutIsRead() {
    byte[] bytes = randomBytes(70_000);
    ObjectKey key = keyOf(REGISTRY, bytes);
    assertTrue(store.put(key, ByteBuffer.wrap(bytes)));
    assertArrayEquals(bytes, readWhole(store, key));
  }

  @Test
  void whatWasNeverPutIsMissingAndTheBufferStaysAsItWas() {
    ObjectKey key = keyOf(REGISTRY, randomBytes(10));
    ByteBuffer buffer = ByteBuffer.allocate(20).position(5).limit(15);
    assertEquals(ContentStore.MISSING, store.tryRead(key, 0, buffer));
    assertEquals(ContentStore.MISSING, store.read(key, 0, buffer));
    assertFalse(store.contains(key));
    assertTrue(store.locate(key).isEmpty());
    assertEquals(5, buffer.position());
    assertEquals(15, buffer.limit());
  }

  @Test
  void aReadFromTheMiddleFillsTheBuffer() {
    byte[] bytes = randomBytes(1000);
    ObjectKey key = keyOf(REGISTRY, bytes);
    store.put(key, ByteBuffer.wrap(bytes));
    ByteBuffer buffer = ByteBuffer.allocateDirect(100).position(10).limit(60);
    assertEquals(50, store.tryRead(key, 333, buffer));
    assertEquals(60, buffer.position());
    for (int i = 0; i < 50; i++) {
      assertEquals(bytes[333 + i], buffer.get(10 + i));
    }
  }

  @Test
  void aReadPastTheEndIsShortAndLeavesTheLimit() {
    byte[] bytes = randomBytes(1000);
    ObjectKey key = keyOf(REGISTRY, bytes);
    store.put(key, ByteBuffer.wrap(bytes));
    ByteBuffer buffer = ByteBuffer.allocate(100);
    assertEquals(20, store.tryRead(key, 980, buffer));
    assertEquals(20, buffer.position());
    assertEquals(100, buffer.limit());
    assertEquals(0, store.tryRead(key, 1000, buffer));
    assertEquals(0, store.tryRead(key, 1_000_000, buffer));
    assertEquals(0, store.tryRead(key, 0, ByteBuffer.allocate(0)));
  }

  @Test
  void aReadIntoNativeMemoryIsAsAnyOther() {
    byte[] bytes = randomBytes(1000);
    ObjectKey key = keyOf(REGISTRY, bytes);
    store.put(key, ByteBuffer.wrap(bytes));
    ByteBuffer buffer = ByteBuffer.allocateDirect(100).position(30);
    assertEquals(20, store.tryRead(key, 980, buffer));
    assertEquals(50, buffer.position());
    assertEquals(100, buffer.limit());
    assertEquals(ByteBuffer.wrap(bytes, 980, 20), buffer.slice(30, 20));
    assertEquals(0, store.tryRead(key, 1000, buffer));
    assertEquals(0, store.tryRead(key, 1_000_000, buffer));
    assertEquals(0, store.tryRead(key, 0, ByteBuffer.allocateDirect(0)));
    assertEquals(50, buffer.position());
  }

  @Test
  void aPutLeavesTheBufferAsItWasAndTakesWhatRemains() {
    byte[] bytes = randomBytes(64);
    ByteBuffer content = ByteBuffer.allocate(100).position(20).put(bytes).flip().position(20);
    ObjectKey key = keyOf(REGISTRY, bytes);
    assertTrue(store.put(key, content));
    assertEquals(20, content.position());
    assertEquals(84, content.limit());
    assertArrayEquals(bytes, readWhole(store, key));
  }

  @Test
  void aPutOfAnotherSizeThanNamedIsRefused() {
    byte[] bytes = randomBytes(64);
    ObjectKey key = keyOf(REGISTRY, bytes);
    assertThrows(
        IllegalArgumentException.class, () -> store.put(key, ByteBuffer.wrap(bytes, 0, 63)));
    assertFalse(store.contains(key));
  }

  @Test
  void puttingTwiceCountsOnce() {
    byte[] bytes = randomBytes(64);
    ObjectKey key = keyOf(REGISTRY, bytes);
    assertTrue(store.put(key, ByteBuffer.wrap(bytes)));
    assertTrue(store.put(key, ByteBuffer.wrap(bytes)));
    assertEquals(new ContentStore.Usage(1, 64, 0, 0, 0), store.usage());
  }

  @Test
  void aDomainDoesNotSeeAnothersObjects() {
    byte[] bytes = randomBytes(64);
    store.put(keyOf(REGISTRY, bytes), ByteBuffer.wrap(bytes));
    ObjectKey elsewhere = keyOf(SharingDomain.SHARED, bytes);
    assertFalse(store.contains(elsewhere));
    assertEquals(ContentStore.MISSING, store.read(elsewhere, 0, ByteBuffer.allocate(64)));
  }

  @Test
  void aKnownDigestWithAWrongSizeIsMissingAndTheObjectStays() {
    byte[] bytes = randomBytes(64);
    ObjectKey key = keyOf(REGISTRY, bytes);
    store.put(key, ByteBuffer.wrap(bytes));
    for (long size : new long[] {1, 63, 65, 1L << 40}) {
      ObjectKey lie = new ObjectKey.ByContent(REGISTRY, Digest.of(bytes), size);
      assertEquals(ContentStore.MISSING, store.tryRead(lie, 0, ByteBuffer.allocate(64)));
      assertEquals(ContentStore.MISSING, store.read(lie, 0, ByteBuffer.allocate(64)));
      assertFalse(store.contains(lie));
    }
    assertArrayEquals(bytes, readWhole(store, key));
  }

  @Test
  void anObjectWithoutADigestIsFoundByItsPlaceOnly() {
    byte[] bytes = randomBytes(64);
    Digest blob = Digest.of(randomBytes(3));
    ObjectKey key = new ObjectKey.ByPlace(REGISTRY, blob, 4096, 512, 64);
    store.put(key, ByteBuffer.wrap(bytes));
    assertArrayEquals(bytes, readWhole(store, key));
    ObjectKey next = new ObjectKey.ByPlace(REGISTRY, blob, 4096, 576, 64);
    assertEquals(ContentStore.MISSING, store.read(next, 0, ByteBuffer.allocate(64)));
  }

  @Test
  void readersNeverSeeHalfOfWhatManyThreadsPut() throws Exception {
    List<byte[]> contents = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      contents.add(randomBytes(1 + random.nextInt(60_000)));
    }
    AtomicBoolean done = new AtomicBoolean();
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<?>> readers = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        int from = t * 10;
        readers.add(
            threads.submit(() -> {
              for (int i = from; !done.get(); i++) {
                byte[] bytes = contents.get(i % contents.size());
                ObjectKey key = keyOf(REGISTRY, bytes);
                ByteBuffer buffer = ByteBuffer.allocate(bytes.length);
                if (store.read(key, 0, buffer) != ContentStore.MISSING) {
                  assertArrayEquals(bytes, buffer.array());
                }
              }
            }));
      }
      List<Future<?>> writers = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        writers.add(
            threads.submit(() -> {
              for (byte[] bytes : contents) {
                store.put(keyOf(REGISTRY, bytes), ByteBuffer.wrap(bytes));
              }
            }));
      }
      try {
        for (Future<?> writer : writers) {
          writer.get(60, TimeUnit.SECONDS);
        }
      } finally {
        done.set(true);
      }
      for (Future<?> reader : readers) {
        reader.get(60, TimeUnit.SECONDS);
      }
    }
    long size = 0;
    for (byte[] bytes : contents) {
      assertArrayEquals(bytes, readWhole(store, keyOf(REGISTRY, bytes)));
      size += bytes.length;
    }
    assertEquals(new ContentStore.Usage(40, size, 0, 0, 0), store.usage());
  }

  @Test
  void afterClosingAllIsMissing() throws IOException {
    byte[] bytes = randomBytes(64);
    ObjectKey key = keyOf(REGISTRY, bytes);
    store.put(key, ByteBuffer.wrap(bytes));
    store.close();
    assertEquals(ContentStore.MISSING, store.read(key, 0, ByteBuffer.allocate(64)));
    assertFalse(store.contains(key));
    assertFalse(store.put(key, ByteBuffer.wrap(bytes)));
    store = newStore();
  }
}
