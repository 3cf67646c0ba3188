package io.loadstar.lazy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.ByteRange;
import io.loadstar.cache.SharingDomain;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a read yields, and what it costs. */
final class LazyReadTest extends LazyTestNode {

  private static byte[] slice(byte[] bytes, int from, int length) {
    int end = Math.min(bytes.length, from + length);
    return Arrays.copyOfRange(bytes, Math.min(from, end), end);
  }

  /** 300 files of up to three chunks, some alike, several to a member. */
  private TestLayer randomLayer(int memberSize) {
    TestLayer.Builder builder = TestLayer.builder().chunkSize(20_000).memberSize(memberSize);
    byte[] often = randomBytes(3000);
    for (int i = 0; i < 300; i++) {
      int size = random.nextInt(4) == 0 ? random.nextInt(60_000) : random.nextInt(500);
      builder.file("dir" + i % 7 + "/f" + i, i % 10 == 0 ? often : randomBytes(size));
    }
    return builder.build();
  }

  @Test
  void manyThreadsReadWhatIsInTheFiles() throws Exception {
    for (int memberSize : new int[] {0, 30_000}) {
      int fetchAtLeast = random.nextBoolean() ? 0 : random.nextInt(100_000);
      restartWith(EXACT.withFetchAtLeast(fetchAtLeast).withBytesInFlight(1 << 20));
      TestLayer layer = randomLayer(memberSize);
      TestBlobSource source = layer.source();
      try (LazyLayer lazy = open(layer, source);
          ExecutorService threads = Executors.newFixedThreadPool(8)) {
        List<Future<?>> readers = new ArrayList<>();
        for (int t = 0; t < 8; t++) {
          long seed = random.nextLong();
          readers.add(threads.submit(() -> readAround(lazy, layer, new Random(seed))));
        }
        for (Future<?> reader : readers) {
          reader.get(60, TimeUnit.SECONDS);
        }
        settle();
        long wire = source.requests().stream().mapToLong(ByteRange::length).sum();
        // What lies between two missing chunks is fetched twice if that saves a request.
        assertTrue(fetchAtLeast > 0 || wire <= layer.blob().length, "nothing is fetched twice");
        long came = lazy.report().traffic().bytes();
        assertTrue(fetchAtLeast > 0 ? came <= wire : came == wire, came + " of " + wire);
      }
    }
  }

  private @org.jspecify.annotations.Nullable Void readAround(
      LazyLayer lazy, TestLayer layer, Random dice) throws Exception {
    List<String> paths = new ArrayList<>(layer.files().keySet());
    for (int i = 0; i < 400; i++) {
      String path = paths.get(dice.nextInt(paths.size()));
      byte[] content = layer.content(path);
      int offset = dice.nextInt(content.length + 10);
      int length = dice.nextInt(70_000);
      assertArrayEquals(
          slice(content, offset, length), Reading.read(lazy, layer.file(path), offset, length));
    }
    return null;
  }

  @Test
  void aReadCostsOneRequestForItsMember() throws Exception {
    TestLayer layer =
        TestLayer.builder()
            .file("before", randomBytes(9000))
            .file("a", randomBytes(9000))
            .file("behind", randomBytes(9000))
            .build();
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      assertArrayEquals(
          slice(layer.content("a"), 4000, 100), Reading.read(lazy, layer.file("a"), 4000, 100));
      assertEquals(List.of(layer.member("a", 0)), source.requests());
      // The rest of the chunk is here now.
      ByteBuffer buffer = ByteBuffer.allocate(9000);
      assertEquals(9000, lazy.tryRead(layer.file("a").number(), 0, buffer));
      assertArrayEquals(layer.content("a"), buffer.array());
      assertEquals(1, source.requests().size());
    }
  }

  @Test
  void neighbouringChunksOfOneReadCostOneRequest() throws Exception {
    TestLayer layer = TestLayer.builder().chunkSize(10_000).file("a", randomBytes(55_000)).build();
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      assertArrayEquals(
          slice(layer.content("a"), 15_000, 30_000),
          Reading.read(lazy, layer.file("a"), 15_000, 30_000));
      ByteRange expected =
          ByteRange.between(layer.member("a", 1).offset(), layer.member("a", 4).end());
      assertEquals(List.of(expected), source.requests());
    }
  }

  @Test
  void aReadFetchesOnlyTheChunksThatAreMissing() throws Exception {
    TestLayer layer = TestLayer.builder().chunkSize(10_000).file("a", randomBytes(50_000)).build();
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      Reading.read(lazy, layer.file("a"), 25_000, 1);
      source.forgetRequests();
      assertArrayEquals(layer.content("a"), Reading.read(lazy, layer.file("a"), 0, 60_000));
      List<ByteRange> expected =
          List.of(
              ByteRange.between(layer.member("a", 0).offset(), layer.member("a", 1).end()),
              ByteRange.between(layer.member("a", 3).offset(), layer.member("a", 4).end()));
      assertEquals(expected.size(), source.requests().size());
      assertTrue(source.requests().containsAll(expected), source.requests().toString());
    }
  }

  @Test
  void aShortFetchTakesAlongWhatLiesAroundIt() throws Exception {
    restartWith(EXACT.withFetchAtLeast(50_000));
    TestLayer.Builder builder = TestLayer.builder();
    for (int i = 0; i < 20; i++) {
      builder.file("f" + i, randomBytes(9000));
    }
    TestLayer layer = builder.build();
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      Reading.read(lazy, layer.file("f3"), 0, 9000);
      ByteRange expected =
          ByteRange.between(layer.member("f3", 0).offset(), layer.member("f7", 0).end());
      assertEquals(expected, source.requests().getFirst());
      settle();
      // And then, once it is here, half as much of what lies before.
      ByteRange before =
          ByteRange.between(layer.member("f1", 0).offset(), layer.member("f2", 0).end());
      assertEquals(List.of(expected, before), source.requests());
      for (int i = 1; i <= 7; i++) {
        assertArrayEquals(
            layer.content("f" + i), Reading.read(lazy, layer.file("f" + i), 0, 10_000));
      }
      assertEquals(2, source.requests().size());
      // Nor is more asked for than lies in front of what is here.
      Reading.read(lazy, layer.file("f0"), 0, 1);
      assertEquals(
          ByteRange.between(layer.member("f0", 0).offset(), layer.member("f0", 0).end()),
          source.requests().getLast());
    }
  }

  @Test
  void aReadEndsAtTheEndOfTheFile() throws Exception {
    TestLayer layer =
        TestLayer.builder()
            .chunkSize(100)
            .file("a", randomBytes(250))
            .file("e", new byte[0])
            .build();
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      for (String path : List.of("a", "e")) {
        int size = layer.content(path).length;
        for (long offset : new long[] {size, size + 1L, Long.MAX_VALUE}) {
          assertEquals(0, lazy.tryRead(layer.file(path).number(), offset, ByteBuffer.allocate(10)));
          assertEquals(0, Reading.await(Reading.begin(lazy, layer.file(path), offset, 10)).length);
        }
      }
      assertEquals(0, lazy.tryRead(layer.file("a").number(), 7, ByteBuffer.allocate(0)));
      assertEquals(0, Reading.await(Reading.begin(lazy, layer.file("a"), 7, 0)).length);
      assertEquals(List.of(), source.requests());
      assertArrayEquals(
          slice(layer.content("a"), 249, 1), Reading.read(lazy, layer.file("a"), 249, 1000));
    }
  }

  @Test
  void allChunksOfAMemberAreKeptWhenOneIsRead() throws Exception {
    TestLayer layer =
        TestLayer.builder()
            .memberSize(100_000)
            .file("a", randomBytes(5000))
            .file("b", randomBytes(5000))
            .file("c", randomBytes(5000))
            .build();
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      assertEquals(layer.member("a", 0), layer.member("c", 0));
      Reading.read(lazy, layer.file("b"), 0, 10);
      Reading.until(() -> lazy.report().complete());
      for (String path : List.of("a", "b", "c")) {
        assertArrayEquals(layer.content(path), Reading.read(lazy, layer.file(path), 0, 5000));
      }
      assertEquals(1, source.requests().size());
    }
  }

  @Test
  void theSameContentIsFetchedOnceForAllLayersOfADomain() throws Exception {
    byte[] shared = randomBytes(9000);
    TestLayer one = TestLayer.builder().file("a", shared).build();
    TestLayer two =
        TestLayer.builder().file("x", randomBytes(100)).file("b", shared).file("c", shared).build();
    TestBlobSource sourceOne = one.source();
    TestBlobSource sourceTwo = two.source();
    try (LazyLayer lazyOne = open(one, sourceOne);
        LazyLayer lazyTwo = open(two, sourceTwo)) {
      Reading.read(lazyOne, one.file("a"), 0, 9000);
      assertArrayEquals(shared, Reading.read(lazyTwo, two.file("b"), 0, 9000));
      assertArrayEquals(shared, Reading.read(lazyTwo, two.file("c"), 0, 9000));
      assertEquals(List.of(), sourceTwo.requests());
    }
  }

  @Test
  void anotherDomainFetchesForItself() throws Exception {
    TestLayer layer = TestLayer.builder().file("a", randomBytes(9000)).build();
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      Reading.read(lazy, layer.file("a"), 0, 9000);
    }
    TestBlobSource elsewhere = layer.source();
    try (LazyLayer lazy =
        node.open(layer.content(elsewhere), SharingDomain.ofRegistry("other.example"))) {
      ByteBuffer buffer = ByteBuffer.allocate(10);
      assertEquals(LazyLayer.WOULD_WAIT, lazy.tryRead(layer.file("a").number(), 0, buffer));
      Reading.read(lazy, layer.file("a"), 0, 9000);
      assertEquals(1, elsewhere.requests().size());
    }
  }

  @Test
  void aLayerWithoutDigestsIsReadAndKeptByPlace() throws Exception {
    TestLayer layer =
        TestLayer.builder().withoutDigests().chunkSize(4000).file("a", randomBytes(9000)).build();
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      assertArrayEquals(layer.content("a"), Reading.read(lazy, layer.file("a"), 0, 9000));
      assertArrayEquals(layer.content("a"), Reading.read(lazy, layer.file("a"), 0, 9000));
      assertEquals(1, source.requests().size());
    }
  }

  @Test
  void aRestartNeedsNoRequests() throws Exception {
    TestLayer layer = randomLayer(30_000);
    try (LazyLayer lazy = open(layer, layer.source())) {
      for (String path : layer.files().keySet()) {
        Reading.read(lazy, layer.file(path), 0, 70_000);
      }
    }
    restart();
    TestBlobSource source = layer.source();
    source.refuse(true);
    try (LazyLayer lazy = open(layer, source)) {
      for (String path : layer.files().keySet()) {
        assertArrayEquals(
            layer.content(path), Reading.read(lazy, layer.file(path), 0, 70_000), path);
      }
    }
    assertEquals(List.of(), source.requests());
  }

  @Test
  void whatWasDamagedOnDiskIsFetchedAgain() throws Exception {
    TestLayer layer = TestLayer.builder().chunkSize(9000).file("a", randomBytes(27_000)).build();
    try (LazyLayer lazy = open(layer, layer.source())) {
      Reading.read(lazy, layer.file("a"), 0, 27_000);
    }
    stop();
    List<Path> objects;
    try (var all = Files.walk(folder.resolve("store/objects"))) {
      objects = all.filter(Files::isRegularFile).toList();
    }
    assertEquals(3, objects.size());
    byte[] bytes = Files.readAllBytes(objects.get(1));
    bytes[random.nextInt(bytes.length)] ^= 4;
    Files.write(objects.get(1), bytes);
    start();
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      assertArrayEquals(layer.content("a"), Reading.read(lazy, layer.file("a"), 0, 27_000));
    }
    assertEquals(1, source.requests().size());
    assertEquals(1, store.usage().damaged());
  }

  @Test
  void aFullDiskDoesNotKeepAReaderFromItsBytes() throws Exception {
    Files.write(folder.resolve("store/objects").resolve(DOMAIN.directoryName()), new byte[0]);
    TestLayer layer = TestLayer.builder().file("a", randomBytes(9000)).build();
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      assertArrayEquals(layer.content("a"), Reading.read(lazy, layer.file("a"), 0, 9000));
      assertArrayEquals(layer.content("a"), Reading.read(lazy, layer.file("a"), 0, 9000));
      assertEquals(2, source.requests().size());
      assertFalse(lazy.report().complete());
    }
  }

  @Test
  void theReportCountsWhatWasDone() throws Exception {
    TestLayer layer =
        TestLayer.builder().file("a", randomBytes(9000)).file("b", randomBytes(500)).build();
    try (LazyLayer lazy = open(layer, layer.source())) {
      LayerReport before = lazy.report();
      assertEquals(layer.digest(), before.layer());
      assertEquals(layer.blob().length, before.size());
      assertEquals(TestLayer.TAIL, before.held());
      Reading.read(lazy, layer.file("a"), 0, 1000);
      Reading.read(lazy, layer.file("a"), 8500, 1000);
      Reading.until(() -> lazy.report().held() > TestLayer.TAIL);
      LayerReport after = lazy.report();
      long member = layer.member("a", 0).length();
      assertEquals(TestLayer.TAIL + member, after.held());
      assertEquals(new LayerReport.Traffic(1, member, 0, 0), after.traffic());
      assertEquals(new LayerReport.Served(2, 1500, 1), after.served());
      assertFalse(after.complete());
      Reading.read(lazy, layer.file("b"), 0, 1000);
      Reading.until(() -> lazy.report().complete());
      assertEquals(layer.blob().length, lazy.report().held());
    }
  }

  @Test
  void closingALayerClosesItsSource() throws Exception {
    TestLayer layer = TestLayer.builder().file("a", randomBytes(9000)).build();
    TestBlobSource source = layer.source();
    LazyLayer lazy = open(layer, source);
    lazy.close();
    assertTrue(source.isClosed());
    assertTrue(
        Reading.failureOf(Reading.begin(lazy, layer.file("a"), 0, 10))
            .toString()
            .contains("closed"));
  }
}
