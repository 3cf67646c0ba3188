package io.loadstar.lazy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.DigestMismatchException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What isn't right is never served, and readers are told soon. */
final class FetchFailureTest extends LazyTestNode {

  private static final Duration BACKOFF = EXACT.failureBackoff();

  /** A byte whose inversion the inflater doesn't notice: of a stored block's content. */
  private static long storedByte(TestLayer layer, String path) {
    return layer.member(path, 0).offset() + layer.member(path, 0).length() / 2;
  }

  @Test
  void aWrongByteIsAnErrorAndNothingIsKept() throws Exception {
    TestLayer layer = TestLayer.builder().file("a", randomBytes(9000)).build();
    TestBlobSource source = layer.source();
    source.spoil(storedByte(layer, "a"));
    try (LazyLayer lazy = open(layer, source)) {
      IOException failure = Reading.failureOf(Reading.begin(lazy, layer.file("a"), 0, 1));
      assertInstanceOf(DigestMismatchException.class, failure);
      assertEquals(0, store.usage().objects());
      LayerReport report = lazy.report();
      assertEquals(1, report.traffic().failures());
      assertEquals(1, report.traffic().mismatches());
      assertTrue(report.lastError().orElseThrow().contains("expected sha256:"));
      assertEquals(TestLayer.TAIL, report.held());
    }
  }

  @Test
  void aFailureIsNotAskedForAgainAtOnceButLaterItIs() throws Exception {
    TestLayer layer =
        TestLayer.builder().file("a", randomBytes(9000)).file("b", randomBytes(9000)).build();
    TestBlobSource source = layer.source();
    source.spoil(storedByte(layer, "a"));
    try (LazyLayer lazy = open(layer, source)) {
      for (int i = 0; i < 50; i++) {
        Reading.failureOf(Reading.begin(lazy, layer.file("a"), 0, 1));
      }
      assertEquals(1, source.requests().size());
      assertArrayEquals(layer.content("b"), Reading.read(lazy, layer.file("b"), 0, 9000));
      source.spoil(storedByte(layer, "a")); // it is right again
      clock.pass(BACKOFF.minusMillis(1));
      Reading.failureOf(Reading.begin(lazy, layer.file("a"), 0, 1));
      clock.pass(Duration.ofMillis(1));
      assertArrayEquals(layer.content("a"), Reading.read(lazy, layer.file("a"), 0, 9000));
      assertEquals(3, source.requests().size());
    }
  }

  @Test
  void bytesThatDoNotDecompressAreAnError() throws Exception {
    TestLayer layer = TestLayer.builder().file("a", new byte[50_000]).build();
    TestBlobSource source = layer.source();
    for (long i = layer.member("a", 0).offset(); i < layer.member("a", 0).end(); i++) {
      source.spoil(i);
    }
    try (LazyLayer lazy = open(layer, source)) {
      Reading.failureOf(Reading.begin(lazy, layer.file("a"), 0, 1));
      assertEquals(0, store.usage().objects());
      assertEquals(new LazyNode.Load(0, 0, 0), node.load());
    }
  }

  @Test
  void aWrongChunkDoesNotCostTheOnesBeforeItInItsMember() throws Exception {
    TestLayer layer =
        TestLayer.builder()
            .memberSize(100_000)
            .file("a", randomBytes(9000))
            .file("b", randomBytes(9000))
            .build();
    TestBlobSource source = layer.source();
    source.spoil(layer.member("b", 0).end() - 4000);
    try (LazyLayer lazy = open(layer, source)) {
      assertArrayEquals(layer.content("a"), Reading.read(lazy, layer.file("a"), 0, 9000));
      // The inflater notices it in some of a thousand layers, the digest in the others.
      Reading.until(() -> lazy.report().traffic().failures() == 1);
      Reading.failureOf(Reading.begin(lazy, layer.file("b"), 0, 9000));
      assertEquals(1, store.usage().objects());
    }
  }

  @Test
  void anUnreachableSourceIsAnErrorForAllWhoWaitAndCostsOneRequest() throws Exception {
    TestLayer layer = TestLayer.builder().chunkSize(5000).file("a", randomBytes(20_000)).build();
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      source.holdFrom(0);
      CompletableFuture<byte[]> one = Reading.begin(lazy, layer.file("a"), 0, 20_000);
      source.awaitHeld(1);
      CompletableFuture<byte[]> two = Reading.begin(lazy, layer.file("a"), 16_000, 100);
      Reading.until(() -> lazy.report().served().waits() == 2);
      source.refuse(true);
      assertTrue(Reading.failureOf(one).toString().contains("the test refuses"));
      assertTrue(Reading.failureOf(two).toString().contains("the test refuses"));
      assertEquals(1, source.requests().size());
      source.refuse(false);
      source.release();
      clock.pass(BACKOFF);
      assertArrayEquals(layer.content("a"), Reading.read(lazy, layer.file("a"), 0, 20_000));
    }
  }

  @Test
  void whatArrivedBeforeAResponseBrokeIsServedAndKept() throws Exception {
    TestLayer layer = TestLayer.builder().chunkSize(5000).file("a", randomBytes(20_000)).build();
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      source.holdFrom(layer.member("a", 2).offset() + 10);
      CompletableFuture<byte[]> all = Reading.begin(lazy, layer.file("a"), 0, 20_000);
      source.awaitHeld(1);
      CompletableFuture<byte[]> early = Reading.begin(lazy, layer.file("a"), 7000, 100);
      assertEquals(100, Reading.await(early).length);
      source.refuse(true);
      Reading.failureOf(all);
      Reading.until(() -> store.usage().objects() == 2);
    }
  }

  @Test
  void aReaderDoesNotWaitLongerThanTheLimit() throws Exception {
    restartWith(EXACT.withWaitLimit(Duration.ofMillis(50)));
    TestLayer layer = TestLayer.builder().file("a", randomBytes(9000)).build();
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      source.holdFrom(0);
      IOException failure = Reading.failureOf(Reading.begin(lazy, layer.file("a"), 0, 1));
      assertTrue(failure.toString().contains("after waiting for 50 ms"), failure::toString);
      assertTrue(lazy.report().lastError().orElse("").contains("after waiting for 50 ms"));
      source.release();
    }
  }

  @Test
  void aMemberThatNeedsTooMuchMemoryIsAnError() throws Exception {
    restartWith(EXACT.withBytesInFlight(1 << 20));
    TestLayer layer =
        TestLayer.builder().file("a", randomBytes(600_000)).file("b", randomBytes(100)).build();
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      IOException failure = Reading.failureOf(Reading.begin(lazy, layer.file("a"), 0, 1));
      assertTrue(failure.toString().contains("more than may be in flight"), failure::toString);
      assertArrayEquals(layer.content("b"), Reading.read(lazy, layer.file("b"), 0, 100));
    }
  }

  @Test
  void bytesInFlightAreBounded() throws Exception {
    restartWith(EXACT.withBytesInFlight(1 << 20));
    TestLayer layer =
        TestLayer.builder().chunkSize(100_000).file("a", randomBytes(4 << 20)).build();
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      source.holdFrom(0);
      List<CompletableFuture<byte[]>> reads = new java.util.ArrayList<>();
      for (int i = 0; i < 40; i++) {
        reads.add(Reading.begin(lazy, layer.file("a"), i * 100_000L, 10));
      }
      // Each takes its member and its chunk, 200 kB: no more than five have got to the source.
      source.awaitHeld(5);
      Reading.until(() -> lazy.report().served().waits() == 40);
      assertTrue(node.load().bytes() <= 1 << 20, () -> node.load().toString());
      source.release();
      for (CompletableFuture<byte[]> read : reads) {
        assertEquals(10, Reading.await(read).length);
      }
      Reading.until(() -> node.load().bytes() == 0);
    }
  }

  @Test
  void closingTheNodeAnswersWhoWaits() throws Exception {
    TestLayer layer = TestLayer.builder().file("a", randomBytes(9000)).build();
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      source.holdFrom(0);
      CompletableFuture<byte[]> read = Reading.begin(lazy, layer.file("a"), 0, 1);
      source.awaitHeld(1);
      node.close();
      Reading.failureOf(read);
      Reading.failureOf(Reading.begin(lazy, layer.file("a"), 0, 1));
      assertEquals(0, node.load().reads());
    }
  }
}
