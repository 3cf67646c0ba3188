package io.loadstar.lazy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

/** A chunk is fetched at most once at a time, whoever wants it. */
final class SingleFlightTest extends LazyTestNode {

  @Test
  void sixtyFourReadersOfAChunkCostOneRequest() throws Exception {
    TestLayer layer = TestLayer.builder().file("a", randomBytes(90_000)).build();
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      source.holdFrom(100);
      ConcurrentHashMap<Integer, CompletableFuture<byte[]>> reads = new ConcurrentHashMap<>();
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 64; i++) {
        int number = i;
        Runnable reader =
            () -> reads.put(number, Reading.begin(lazy, layer.file("a"), number * 1000L, 1000));
        threads.add(Thread.ofPlatform().start(reader));
      }
      for (Thread thread : threads) {
        thread.join();
      }
      Reading.until(() -> lazy.report().served().waits() == 64);
      assertTrue(reads.values().stream().noneMatch(CompletableFuture::isDone));
      source.release();
      for (int i = 0; i < 64; i++) {
        assertArrayEquals(
            Arrays.copyOfRange(layer.content("a"), i * 1000, i * 1000 + 1000),
            Reading.await(Objects.requireNonNull(reads.get(i))));
      }
      assertEquals(List.of(layer.member("a", 0)), source.requests());
    }
  }

  @Test
  void readersOfDifferentChunksOfAMemberJoin() throws Exception {
    TestLayer layer =
        TestLayer.builder()
            .memberSize(100_000)
            .file("a", randomBytes(9000))
            .file("b", randomBytes(9000))
            .build();
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      source.holdFrom(0);
      CompletableFuture<byte[]> a = Reading.begin(lazy, layer.file("a"), 0, 9000);
      source.awaitHeld(1);
      CompletableFuture<byte[]> b = Reading.begin(lazy, layer.file("b"), 0, 9000);
      Reading.until(() -> lazy.report().served().waits() == 2);
      source.release();
      assertArrayEquals(layer.content("a"), Reading.await(a));
      assertArrayEquals(layer.content("b"), Reading.await(b));
      assertEquals(1, source.requests().size());
    }
  }

  @Test
  void aReaderThatGivesUpLeavesTheFetchToTheOthers() throws Exception {
    restartWith(EXACT.withWaitLimit(Duration.ofMillis(500)));
    TestLayer layer = TestLayer.builder().file("a", randomBytes(9000)).build();
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      source.holdFrom(100);
      CompletableFuture<byte[]> impatient = Reading.begin(lazy, layer.file("a"), 0, 9000);
      source.awaitHeld(1);
      assertTrue(Reading.failureOf(impatient).toString().contains("500 ms"));
      CompletableFuture<byte[]> next = Reading.begin(lazy, layer.file("a"), 0, 9000);
      Reading.until(() -> lazy.report().served().waits() == 2);
      source.release();
      assertArrayEquals(layer.content("a"), Reading.await(next));
      assertEquals(1, source.requests().size());
      assertEquals(0, node.load().reads());
    }
  }

  @Test
  void twoLayersThatWantTheSameContentFetchItOnce() throws Exception {
    byte[] shared = randomBytes(9000);
    TestLayer one = TestLayer.builder().file("a", shared).build();
    TestLayer two = TestLayer.builder().file("x", randomBytes(10)).file("b", shared).build();
    TestBlobSource sourceOne = one.source();
    TestBlobSource sourceTwo = two.source();
    try (LazyLayer lazyOne = open(one, sourceOne);
        LazyLayer lazyTwo = open(two, sourceTwo)) {
      sourceOne.holdFrom(0);
      CompletableFuture<byte[]> a = Reading.begin(lazyOne, one.file("a"), 0, 9000);
      sourceOne.awaitHeld(1);
      CompletableFuture<byte[]> b = Reading.begin(lazyTwo, two.file("b"), 0, 9000);
      Reading.until(() -> lazyTwo.report().served().waits() == 1);
      sourceOne.release();
      assertArrayEquals(shared, Reading.await(a));
      assertArrayEquals(shared, Reading.await(b));
      assertEquals(List.of(), sourceTwo.requests());
    }
  }

  @Test
  void whoJoinedAFetchThatFailsTriesHisOwnSource() throws Exception {
    byte[] shared = randomBytes(9000);
    TestLayer one = TestLayer.builder().file("a", shared).build();
    TestLayer two = TestLayer.builder().file("x", randomBytes(10)).file("b", shared).build();
    TestBlobSource sourceOne = one.source();
    TestBlobSource sourceTwo = two.source();
    LazyLayer lazyOne = open(one, sourceOne);
    try (LazyLayer lazyTwo = open(two, sourceTwo)) {
      sourceOne.holdFrom(0);
      CompletableFuture<byte[]> a = Reading.begin(lazyOne, one.file("a"), 0, 9000);
      sourceOne.awaitHeld(1);
      CompletableFuture<byte[]> b = Reading.begin(lazyTwo, two.file("b"), 0, 9000);
      Reading.until(() -> lazyTwo.report().served().waits() == 1);
      lazyOne.close(); // its container has gone
      assertTrue(Reading.failureOf(a).toString().contains("closed"));
      assertArrayEquals(shared, Reading.await(b));
      assertEquals(List.of(two.member("b", 0)), sourceTwo.requests());
      assertFalse(lazyTwo.report().lastError().isPresent());
    }
  }
}
