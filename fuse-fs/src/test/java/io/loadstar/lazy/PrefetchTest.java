package io.loadstar.lazy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.ByteRange;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What a mount brings before anybody reads: up to the landmark. */
final class PrefetchTest extends FetchAheadNode {
  @Test
  void prefetchIsOneRequestUpToTheLandmark() throws Exception {
    TestLayer layer = layerOf(4, 2);
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      prefetch(lazy);
      assertEquals(List.of(prefetchRange(layer)), source.requests());
      for (int i = 0; i < 4; i++) {
        assertArrayEquals(
            layer.content("before" + i),
            Reading.read(lazy, layer.file("before" + i), 0, 1_000_000));
      }
      assertEquals(1, source.requests().size());
      assertEquals(0, lazy.report().served().waits());
      prefetch(lazy);
      assertEquals(1, source.requests().size());
    }
  }

  @Test
  void prefetchLeavesOutPiecesThatNobodyReads() throws Exception {
    TestLayer layer =
        TestLayer.builder()
            .chunkSize(100_000)
            .file("library", randomBytes(600_000))
            .unread("library", 1)
            .unread("library", 2)
            .file("small", randomBytes(1000))
            .landmark()
            .file("after", randomBytes(1000))
            .build();
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      prefetch(lazy);
      assertEquals(
          Set.of(
              layer.member("library", 0),
              ByteRange.between(
                  layer.member("library", 3).offset(), layer.member("small", 0).end())),
          Set.copyOf(source.requests()));
    }
  }

  @Test
  void whatReadersWereGivenOfAFileIsKnownByChunks() throws Exception {
    TestLayer layer =
        TestLayer.builder()
            .chunkSize(1000)
            .file("library", randomBytes(5500))
            .file("empty", new byte[0])
            .build();
    try (LazyLayer lazy = open(layer, layer.source())) {
      long library = layer.file("library").number();
      assertEquals(List.of(), lazy.partsGiven(library));
      Reading.read(lazy, layer.file("library"), 1500, 1000);
      Reading.read(lazy, layer.file("library"), 5400, 50);
      settle();
      assertEquals(
          List.of(new ByteRange(1000, 2000), new ByteRange(5000, 500)), lazy.partsGiven(library));
      assertEquals(List.of(), lazy.partsGiven(layer.file("empty").number()));
    }
  }

  @Test
  void withoutALandmarkNothingIsPrefetched() throws Exception {
    TestLayer layer = TestLayer.builder().file("a", randomBytes(9000)).build();
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      prefetch(lazy);
      assertEquals(List.of(), source.requests());
    }
  }

  @Test
  void prefetchLeavesOutWhatIsHereAtBothEnds() throws Exception {
    TestLayer layer = layerOf(4, 0);
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      Reading.read(lazy, layer.file("before0"), 0, 1_000_000);
      Reading.read(lazy, layer.file("before3"), 0, 1_000_000);
      source.forgetRequests();
      prefetch(lazy);
      assertEquals(
          List.of(
              ByteRange.between(
                  layer.member("before1", 0).offset(), layer.member("before2", 1).end())),
          source.requests());
    }
  }

  @Test
  void aReaderJoinsWhatThePrefetchIsAboutToBring() throws Exception {
    TestLayer layer = layerOf(4, 0);
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      source.holdFrom(1000);
      CompletableFuture<Void> prefetch = lazy.prefetch(HeadStart.NONE);
      source.awaitHeld(1);
      CompletableFuture<byte[]> read = Reading.begin(lazy, layer.file("before0"), 0, 10);
      Reading.until(() -> lazy.report().served().waits() == 1);
      source.release();
      assertEquals(10, Reading.await(read).length);
      Reading.await(prefetch);
      assertEquals(List.of(prefetchRange(layer)), source.requests());
    }
  }

  @Test
  void aReaderOvertakesThePrefetchThatIsFarFromItsChunk() throws Exception {
    TestLayer layer = layerOf(6, 0);
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      source.holdFrom(1000);
      CompletableFuture<Void> prefetch = lazy.prefetch(HeadStart.NONE);
      source.awaitHeld(1);
      assertTrue(layer.member("before5", 0).offset() > MemberStream.CLAIM_AHEAD);
      CompletableFuture<byte[]> read = Reading.begin(lazy, layer.file("before5"), 0, 10);
      source.awaitHeld(2);
      assertEquals(layer.member("before5", 0), source.requests().get(1));
      source.release();
      assertEquals(10, Reading.await(read).length);
      Reading.await(prefetch);
      assertEquals(2, source.requests().size());
      settle();
      // The landmark's own member isn't in front of the landmark.
      assertEquals(TestLayer.TAIL + prefetchRange(layer).length(), lazy.report().held());
    }
  }

  @Test
  void aPrefetchThatFailsLeavesItsReadersToThemselves() throws Exception {
    TestLayer layer = layerOf(2, 0);
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      source.holdFrom(1000);
      CompletableFuture<Void> prefetch = lazy.prefetch(HeadStart.NONE);
      source.awaitHeld(1);
      CompletableFuture<byte[]> read = Reading.begin(lazy, layer.file("before1"), 0, 10);
      Reading.until(() -> lazy.report().served().waits() == 1);
      source.breakWaiting();
      source.release();
      Reading.await(prefetch);
      assertEquals(10, Reading.await(read).length);
      assertEquals(List.of(prefetchRange(layer), layer.member("before1", 0)), source.requests());
      assertFalse(lazy.report().lastError().isPresent());
    }
  }

  @Test
  void aLayerWithoutLandmarkMayBePrefetchedForSomeBytes() throws Exception {
    restartWith(EXACT.withPrefetchWithoutLandmark(2_000_000));
    TestLayer.Builder builder = TestLayer.builder();
    for (int i = 0; i < 5; i++) {
      builder.file("f" + i, randomBytes(900_000));
    }
    TestLayer layer = builder.build();
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      prefetch(lazy);
      assertEquals(List.of(new ByteRange(0, layer.member("f2", 0).end())), source.requests());
    }
  }
}
