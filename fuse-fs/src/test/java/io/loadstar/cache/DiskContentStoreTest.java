package io.loadstar.cache;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DiskContentStoreTest extends ContentStoreContract {

  @TempDir Path folder;

  @Override
  DiskContentStore newStore() throws IOException {
    return DiskContentStore.open(
        folder.resolve("store"), new DiskContentStore.Bounds(4, 1000, Quota.NONE));
  }

  private void restart() throws IOException {
    store.close();
    store = newStore();
  }

  private Path fileOf(ObjectKey.ByContent key) {
    String hex = key.digest().hex();
    return folder
        .resolve("store/objects")
        .resolve(key.domain().directoryName())
        .resolve(hex.substring(0, 2))
        .resolve(hex);
  }

  private ObjectKey.ByContent putRandom(int size) {
    byte[] bytes = randomBytes(size);
    ObjectKey.ByContent key = new ObjectKey.ByContent(REGISTRY, Digest.of(bytes), size);
    assertTrue(store.put(key, ByteBuffer.wrap(bytes)));
    return key;
  }

  @Test
  void anObjectIsOnePlainFileNamedByItsDigest() throws IOException {
    ObjectKey.ByContent key = putRandom(5000);
    assertEquals(key.digest(), Digest.of(Files.readAllBytes(fileOf(key))));
    ContentStore.FileRegion region = store.locate(key).orElseThrow();
    assertEquals(new ContentStore.FileRegion(fileOf(key), 0, 5000), region);
  }

  @Test
  void nobodyElseMayReadTheFiles() throws IOException {
    ObjectKey.ByContent key = putRandom(5000);
    Path file = fileOf(key);
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    assertEquals(
        "rwx------",
        PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("store"))));
  }

  @Test
  void partsAreJoinedIfTheyMakeUpTheWhole() throws IOException {
    List<ObjectKey> parts = new ArrayList<>();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int size : new int[] {70_000, 1, 5000}) {
      ObjectKey.ByContent part = putRandom(size);
      parts.add(part);
      bytes.write(Files.readAllBytes(fileOf(part)));
    }
    byte[] content = bytes.toByteArray();
    var whole = new ObjectKey.ByContent(parts.getFirst().domain(), Digest.of(content), 75_001);
    assertNull(store.holdFile(whole));

    assertFalse(store.join(whole, parts.reversed()));
    assertFalse(store.join(whole, parts.subList(0, 2)));
    assertFalse(store.contains(whole));
    assertTrue(store.join(whole, parts));

    assertArrayEquals(content, readWhole(store, whole));
    assertEquals(150_002, store.usage().bytes());
    try (ContentStore.HeldFile held = requireNonNull(store.holdFile(whole))) {
      assertArrayEquals(content, Files.readAllBytes(held.path()));
    }
    restart();
    assertNull(store.holdFile(whole), "handed out unchecked");
    assertTrue(store.join(whole, List.of()), "checked again, not made again");
    requireNonNull(store.holdFile(whole)).close();
  }

  @Test
  void objectsAreThereAfterARestartOnceTheyAreProven() throws IOException {
    ObjectKey key = putRandom(5000);
    restart();
    assertEquals(new ContentStore.Usage(1, 5000, 0, 0, 0), store.usage());
    ByteBuffer buffer = ByteBuffer.allocate(5000);
    assertTrue(store.contains(key));
    assertTrue(store.locate(key).isEmpty());
    assertEquals(ContentStore.MISSING, store.tryRead(key, 0, buffer));
    assertEquals(5000, store.read(key, 0, buffer));
    assertEquals(5000, store.tryRead(key, 0, buffer.clear()));
    assertTrue(store.locate(key).isPresent());
  }

  @Test
  void aFlippedByteIsFoundAtTheFirstUseAfterARestart() throws IOException {
    ObjectKey.ByContent key = putRandom(300_000);
    byte[] bytes = Files.readAllBytes(fileOf(key));
    byte[] damaged = bytes.clone();
    damaged[random.nextInt(damaged.length)] ^= 1;
    Files.write(fileOf(key), damaged);
    restart();
    assertEquals(ContentStore.MISSING, store.read(key, 0, ByteBuffer.allocate(10)));
    assertFalse(Files.exists(fileOf(key)));
    assertEquals(new ContentStore.Usage(0, 0, 1, 0, 0), store.usage());
    assertTrue(store.put(key, ByteBuffer.wrap(bytes)));
    assertArrayEquals(bytes, readWhole(store, key));
  }

  @Test
  void aTruncatedObjectIsFoundAtTheFirstUseAfterARestart() throws IOException {
    ObjectKey.ByContent key = putRandom(3000);
    byte[] bytes = Files.readAllBytes(fileOf(key));
    Files.write(fileOf(key), java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length)));
    restart();
    assertFalse(store.contains(key));
    assertEquals(ContentStore.MISSING, store.read(key, 0, ByteBuffer.allocate(10)));
    assertFalse(Files.exists(fileOf(key)));
    assertTrue(store.put(key, ByteBuffer.wrap(bytes)));
    assertArrayEquals(bytes, readWhole(store, key));
    assertEquals(new ContentStore.Usage(1, 3000, 1, 0, 0), store.usage());
  }

  @Test
  void anObjectThatIsCutShortWhileInUseIsAMiss() throws IOException {
    ObjectKey.ByContent key = putRandom(3000);
    byte[] bytes = readWhole(store, key);
    try (var channel =
        java.nio.channels.FileChannel.open(fileOf(key), java.nio.file.StandardOpenOption.WRITE)) {
      channel.truncate(100);
    }
    ByteBuffer buffer = ByteBuffer.allocate(3000);
    assertEquals(ContentStore.MISSING, store.tryRead(key, 0, buffer));
    assertEquals(0, buffer.position());
    assertTrue(store.put(key, ByteBuffer.wrap(bytes)));
    assertArrayEquals(bytes, readWhole(store, key));
  }

  @Test
  void aSmallObjectThatIsCutShortIsAMissInNativeMemoryToo() throws IOException {
    ObjectKey.ByContent key = putRandom(3000);
    byte[] bytes = Files.readAllBytes(fileOf(key));
    try (var channel =
        java.nio.channels.FileChannel.open(fileOf(key), java.nio.file.StandardOpenOption.WRITE)) {
      channel.truncate(100);
    }
    ByteBuffer buffer = ByteBuffer.allocateDirect(3000);
    assertEquals(ContentStore.MISSING, store.tryRead(key, 0, buffer));
    assertEquals(0, buffer.position());
    assertEquals(3000, buffer.limit());
    assertFalse(Files.exists(fileOf(key)), "left although it is damaged");
    assertTrue(store.put(key, ByteBuffer.wrap(bytes)));
    assertArrayEquals(bytes, readWhole(store, key));
  }

  @Test
  void aSmallObjectThatWasDeletedIsAMissInNativeMemoryToo() throws IOException {
    ObjectKey.ByContent key = putRandom(3000);
    byte[] bytes = Files.readAllBytes(fileOf(key));
    Files.delete(fileOf(key));
    ByteBuffer buffer = ByteBuffer.allocateDirect(3000);
    assertEquals(ContentStore.MISSING, store.tryRead(key, 0, buffer));
    assertEquals(0, buffer.position());
    assertTrue(store.put(key, ByteBuffer.wrap(bytes)));
    assertArrayEquals(bytes, readWhole(store, key));
  }

  @Test
  void aReadIntoNativeMemoryIsAUseTooButOnlyNowAndThen() throws IOException {
    ObjectKey.ByContent key = putRandom(3000);
    FileTime old = FileTime.fromMillis(1_000_000_000_000L);
    Files.setLastModifiedTime(fileOf(key), old);
    assertEquals(3000, store.tryRead(key, 0, ByteBuffer.allocateDirect(3000)));
    assertTrue(Files.getLastModifiedTime(fileOf(key)).compareTo(old) > 0);

    Files.setLastModifiedTime(fileOf(key), old);
    assertEquals(3000, store.tryRead(key, 0, ByteBuffer.allocateDirect(3000)));
    assertEquals(old, Files.getLastModifiedTime(fileOf(key)), "noted with each read");
  }

  @Test
  void whatIsSoughtIsFoundByItsDigestSizeAndDomain() {
    ObjectKey.ByContent key = putRandom(3000);
    assertEquals(key, store.find(sought(key)));
    assertNull(store.find(sought(new ObjectKey.ByContent(REGISTRY, key.digest(), 2999))));
    assertNull(
        store.find(sought(new ObjectKey.ByContent(SharingDomain.SHARED, key.digest(), 3000))));
    assertNull(
        store.find(sought(new ObjectKey.ByContent(REGISTRY, Digest.of(randomBytes(3000)), 3000))));
  }

  private static SoughtObject sought(ObjectKey.ByContent key) {
    return new SoughtObject() {
      @Override
      protected SharingDomain domain() {
        return key.domain();
      }

      @Override
      protected long size() {
        return key.size();
      }

      @Override
      protected int digestHash() {
        return key.digest().hashCode();
      }

      @Override
      protected boolean isDigest(Digest digest) {
        return digest.equals(key.digest());
      }

      @Override
      protected ObjectKey.ByContent key() {
        return key;
      }
    };
  }

  @Test
  void anObjectThatWasDeletedFromOutsideIsAMiss() throws IOException {
    ObjectKey.ByContent key = putRandom(3000);
    byte[] bytes = Files.readAllBytes(fileOf(key));
    Files.delete(fileOf(key));
    assertEquals(ContentStore.MISSING, store.read(key, 0, ByteBuffer.allocate(3000)));
    assertTrue(store.put(key, ByteBuffer.wrap(bytes)));
    assertArrayEquals(bytes, readWhole(store, key));
  }

  @Test
  void aLieAboutASizeDoesNotCostTheObjectAfterARestart() throws IOException {
    ObjectKey.ByContent key = putRandom(64);
    restart();
    ObjectKey lie = new ObjectKey.ByContent(REGISTRY, key.digest(), 65);
    assertEquals(ContentStore.MISSING, store.read(lie, 0, ByteBuffer.allocate(65)));
    assertEquals(64, store.read(key, 0, ByteBuffer.allocate(65)));
  }

  @Test
  void objectsWithoutADigestDoNotOutliveTheProcess() throws IOException {
    ObjectKey key = new ObjectKey.ByPlace(REGISTRY, Digest.of(new byte[1]), 4096, 512, 64);
    assertTrue(store.put(key, ByteBuffer.allocate(64)));
    restart();
    assertEquals(ContentStore.MISSING, store.read(key, 0, ByteBuffer.allocate(64)));
    assertFalse(store.contains(key));
    assertEquals(new ContentStore.Usage(0, 0, 0, 0, 0), store.usage());
  }

  @Test
  void whatACrashLeftHalfWrittenIsRemovedAtOpening() throws IOException {
    store.close();
    Path leftover = folder.resolve("store/incoming/17");
    Files.write(leftover, new byte[1000]);
    store = newStore();
    assertFalse(Files.exists(leftover));
    assertEquals(new ContentStore.Usage(0, 0, 0, 0, 0), store.usage());
  }

  @Test
  void nothingIsLeftInIncoming() throws IOException {
    putRandom(10_000);
    try (var left = Files.list(folder.resolve("store/incoming"))) {
      assertEquals(List.of(), left.toList());
    }
  }

  @Test
  void twoStoresCannotShareADirectory() {
    StoreInUseException refusal = assertThrows(StoreInUseException.class, this::newStore);
    assertTrue(refusal.toString().contains(folder.resolve("store").toString()));
  }

  @Test
  void aDiskThatRefusesIsNoErrorAndIsCounted() throws IOException {
    // A file where the domain's directory should be: every write fails, for root too.
    Files.write(folder.resolve("store/objects").resolve(REGISTRY.directoryName()), new byte[0]);
    byte[] bytes = randomBytes(100);
    ObjectKey key = keyOf(REGISTRY, bytes);
    assertFalse(store.put(key, ByteBuffer.wrap(bytes)));
    assertFalse(store.put(key, ByteBuffer.wrap(bytes)));
    assertEquals(ContentStore.MISSING, store.read(key, 0, ByteBuffer.allocate(100)));
    assertEquals(2, store.usage().refused());
    assertEquals(0, store.usage().bytes());
    try (var left = Files.list(folder.resolve("store/incoming"))) {
      assertEquals(List.of(), left.toList());
    }
  }

  @Test
  void moreObjectsThanOpenFilesIsNoErrorForManyReaders() throws Exception {
    // 4 open files, 64 objects, 8 readers: channels are evicted while they are read.
    List<ObjectKey> keys = new ArrayList<>();
    for (int i = 0; i < 64; i++) {
      keys.add(putRandom(20_000));
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<?>> readers = new ArrayList<>();
      for (int t = 0; t < 8; t++) {
        int first = random.nextInt(64);
        readers.add(
            threads.submit(() -> {
              ByteBuffer buffer = ByteBuffer.allocate(20_000);
              for (int i = 0; i < 3000; i++) {
                ObjectKey.ByContent key =
                    (ObjectKey.ByContent) keys.get((first + i * 7) % keys.size());
                assertEquals(20_000, store.tryRead(key, 0, buffer.clear()));
                assertEquals(key.digest(), Digest.of(buffer.flip()));
              }
            }));
      }
      for (Future<?> reader : readers) {
        reader.get(60, TimeUnit.SECONDS);
      }
    }
    assertEquals(0, store.usage().damaged());
  }

  @Test
  void anInterruptedReaderDoesNotDisturbTheOthers() throws Exception {
    ObjectKey.ByContent key = putRandom(1_000_000);
    AtomicBoolean done = new AtomicBoolean();
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      Future<?> interrupted =
          threads.submit(() -> {
            ByteBuffer buffer = ByteBuffer.allocate(1_000_000);
            while (!done.get()) {
              Thread.currentThread().interrupt();
              store.tryRead(key, 0, buffer.clear());
              boolean cleared = Thread.interrupted();
              assertTrue(cleared);
            }
          });
      Future<?> reader =
          threads.submit(() -> {
            ByteBuffer buffer = ByteBuffer.allocate(1_000_000);
            int whole = 0;
            for (int i = 0; i < 500; i++) {
              if (store.tryRead(key, 0, buffer.clear()) == 1_000_000) {
                assertEquals(key.digest(), Digest.of(buffer.flip()));
                whole++;
              }
            }
            assertTrue(whole > 400, () -> "too many misses");
          });
      try {
        reader.get(60, TimeUnit.SECONDS);
      } finally {
        done.set(true);
      }
      interrupted.get(60, TimeUnit.SECONDS);
    }
    assertArrayEquals(Files.readAllBytes(fileOf(key)), readWhole(store, key));
    assertEquals(0, store.usage().damaged());
  }
}
