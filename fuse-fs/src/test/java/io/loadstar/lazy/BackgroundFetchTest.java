package io.loadstar.lazy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.ByteRange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The rest, when the node is idle. */
final class BackgroundFetchTest extends FetchAheadNode {
  @Test
  void theBackgroundFetchLeavesANewLayerTimeToBeRead() throws Exception {
    clock.pass(Duration.ofHours(1));
    TestLayer layer = layerOf(0, 3);
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      lazy.fetchInBackground();
      assertEquals(DELAY, node.backgroundStep());
      assertEquals(List.of(), source.requests());
    }
  }

  @Test
  void theBackgroundFetchBringsTheRestInOneRangeAndThenIsDone() throws Exception {
    TestLayer layer = layerOf(1, 3);
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      prefetch(lazy);
      lazy.fetchInBackground();
      clock.pass(DELAY);
      runBackground();
      assertEquals(2, source.requests().size());
      assertEquals(
          ByteRange.between(prefetchRange(layer).end(), layer.blob().length - TestLayer.TAIL),
          source.requests().get(1));
      assertTrue(lazy.report().complete());
      assertEquals(layer.blob().length, lazy.report().held());
      assertEquals(BackgroundFetcher.IDLE, runBackground());
      source.refuse(true);
      assertArrayEquals(
          layer.content("behind2"), Reading.read(lazy, layer.file("behind2"), 0, 1_000_000));
    }
  }

  @Test
  void theBackgroundFetchAsksForBoundedRanges() throws Exception {
    TestLayer layer = layerOf(0, 36);
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      lazy.fetchInBackground();
      clock.pass(DELAY);
      runBackground();
      assertTrue(lazy.report().complete());
      assertEquals(3, source.requests().size());
      long end = 0;
      for (ByteRange request : source.requests()) {
        assertEquals(end, request.offset());
        assertTrue(request.length() <= BackgroundFetcher.RANGE);
        end = request.end();
      }
    }
  }

  @Test
  void onABusyNodeTheBackgroundFetchAsksForARangeNowAndThen() throws Exception {
    TestLayer layer = layerOf(0, 52);
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      lazy.fetchInBackground();
      clock.pass(DELAY);
      busy = true;
      assertEquals(BackOff.FIRST, node.backgroundStep());
      clock.pass(BackOff.FIRST.dividedBy(2));
      assertEquals(BackOff.FIRST.dividedBy(2), node.backgroundStep());
      assertEquals(List.of(), source.requests());
      clock.pass(BackOff.FIRST.dividedBy(2));
      assertEquals(Duration.ZERO, node.backgroundStep());
      assertEquals(1, source.requests().size());
      assertEquals(BackOff.FIRST.multipliedBy(2), node.backgroundStep());
      clock.pass(BackOff.FIRST.multipliedBy(2));
      assertEquals(Duration.ZERO, node.backgroundStep());
      assertEquals(2, source.requests().size());
      assertEquals(BackOff.FIRST.multipliedBy(4), node.backgroundStep());
      // What a reader waits for is fetched all the same.
      Reading.read(lazy, layer.file("behind51"), 0, 10);
      assertEquals(3, source.requests().size());
      busy = false;
      runBackground();
      assertTrue(lazy.report().complete());
    }
  }

  @Test
  void aPauseOnABusyNodeHasItsLimit() {
    BackOff backOff = new BackOff(() -> true, clock);
    for (int i = 0; i < 20; i++) {
      Duration pause = backOff.pause();
      assertTrue(pause.compareTo(BackOff.LONGEST) <= 0, pause::toString);
      clock.pass(pause);
      assertEquals(Duration.ZERO, backOff.pause());
    }
    assertEquals(BackOff.LONGEST, backOff.pause());
  }

  @Test
  void theBackgroundFetchLeavesOutWhatTheStoreHas() throws Exception {
    TestLayer layer = layerOf(0, 4);
    try (LazyLayer lazy = open(layer, layer.source())) {
      Reading.read(lazy, layer.file("behind1"), 0, 1_000_000);
      Reading.read(lazy, layer.file("behind2"), 0, 1_000_000);
    }
    restart();
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      lazy.fetchInBackground();
      clock.pass(DELAY);
      runBackground();
      assertEquals(
          List.of(
              ByteRange.between(0, layer.member("behind0", 1).end()), // with the landmark
              ByteRange.between(
                  layer.member("behind3", 0).offset(), layer.member("behind3", 1).end())),
          source.requests());
      assertTrue(lazy.report().complete());
    }
  }

  @Test
  void theBackgroundFetchLetsAReaderGoFirstAndThenGoesOnInTheSameRequest() throws Exception {
    TestLayer layer = layerOf(0, 8);
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      lazy.fetchInBackground();
      clock.pass(DELAY);
      long far = layer.member("behind7", 0).offset();
      source.holdFrom(layer.member("behind1", 0).offset());
      CompletableFuture<Duration> step = new CompletableFuture<>();
      Thread worker = Thread.ofPlatform().start(() -> step.complete(node.backgroundStep()));
      source.awaitHeld(1);
      CompletableFuture<byte[]> read = Reading.begin(lazy, layer.file("behind7"), 0, 10);
      source.awaitHeld(2);
      source.holdFrom(far + 1); // the reader's first byte may come, and all that lies before it
      source.awaitTaken(far);
      Reading.until(() -> worker.getState() == Thread.State.TIMED_WAITING);
      // The member under way has come, and nothing behind it.
      assertTrue(lazy.report().held() < TestLayer.TAIL + layer.member("behind2", 0).offset());
      assertFalse(step.isDone());
      source.release();
      assertEquals(10, Reading.await(read).length);
      assertEquals(Duration.ZERO, Reading.await(step));
      worker.join();
      runBackground();
      assertTrue(lazy.report().complete());
      assertEquals(2, source.requests().size());
    }
  }

  @Test
  void twoThreadsFetchARangeEach() throws Exception {
    TestLayer layer = layerOf(0, 24);
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      lazy.fetchInBackground();
      clock.pass(DELAY);
      source.holdFrom(0);
      List<Thread> workers = new ArrayList<>();
      for (int i = 0; i < BackgroundFetcher.LANES; i++) {
        workers.add(Thread.ofPlatform().start(() -> node.backgroundStep()));
        source.awaitHeld(i + 1);
      }
      source.release();
      for (Thread worker : workers) {
        worker.join();
      }
      assertEquals(2, source.requests().size());
      assertEquals(source.requests().get(0).end(), source.requests().get(1).offset());
      runBackground();
      assertTrue(lazy.report().complete());
      assertEquals(2, source.requests().size());
    }
  }

  @Test
  void layersAreFetchedInTheOrderTheyCame() throws Exception {
    TestLayer one = layerOf(0, 1);
    TestLayer two = layerOf(0, 1);
    TestBlobSource sourceOne = one.source();
    TestBlobSource sourceTwo = two.source();
    try (LazyLayer lazyOne = open(one, sourceOne);
        LazyLayer lazyTwo = open(two, sourceTwo)) {
      lazyOne.fetchInBackground();
      lazyTwo.fetchInBackground();
      clock.pass(DELAY);
      assertEquals(Duration.ZERO, node.backgroundStep());
      assertEquals(1, sourceOne.requests().size());
      assertEquals(0, sourceTwo.requests().size());
      runBackground();
      assertTrue(lazyOne.report().complete() && lazyTwo.report().complete());
    }
  }

  @Test
  void aSourceThatFailsIsAskedAgainAfterAWhileAndDoesNotHoldUpTheOthers() throws Exception {
    TestLayer one = layerOf(0, 1);
    TestLayer two = layerOf(0, 1);
    TestBlobSource sourceOne = one.source();
    try (LazyLayer lazyOne = open(one, sourceOne);
        LazyLayer lazyTwo = open(two, two.source())) {
      lazyOne.fetchInBackground();
      lazyTwo.fetchInBackground();
      sourceOne.refuse(true);
      clock.pass(DELAY);
      Duration pause = runBackground();
      assertTrue(lazyTwo.report().complete());
      assertEquals(1, sourceOne.requests().size());
      assertTrue(pause.compareTo(BackgroundFetcher.RETRY.dividedBy(2)) > 0, pause::toString);
      sourceOne.refuse(false);
      clock.pass(pause);
      runBackground();
      assertTrue(lazyOne.report().complete());
      assertEquals(2, sourceOne.requests().size());
    }
  }

  @Test
  void aWrongChunkDoesNotKeepTheRestFromBeingFetched() throws Exception {
    TestLayer layer = layerOf(0, 3);
    TestBlobSource source = layer.source();
    source.spoil(layer.member("behind1", 0).offset() + 1000);
    try (LazyLayer lazy = open(layer, source)) {
      lazy.fetchInBackground();
      clock.pass(DELAY);
      assertEquals(BackgroundFetcher.SECOND_PASS, runBackground());
      assertEquals(1, source.requests().size());
      assertEquals(1, lazy.report().traffic().mismatches());
      assertEquals(layer.blob().length - layer.member("behind1", 0).length(), lazy.report().held());
      source.spoil(layer.member("behind1", 0).offset() + 1000);
      clock.pass(BackgroundFetcher.SECOND_PASS);
      runBackground();
      assertEquals(layer.member("behind1", 0), source.requests().getLast());
      assertTrue(lazy.report().complete());
    }
  }

  @Test
  void switchedOffItNeverFetches() throws Exception {
    restartWith(EXACT);
    TestLayer layer = layerOf(0, 1);
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      lazy.fetchInBackground();
      clock.pass(Duration.ofDays(1));
      assertEquals(BackgroundFetcher.IDLE, node.backgroundStep());
      assertEquals(List.of(), source.requests());
    }
  }

  @Test
  void aClosedLayerIsNotFetched() throws Exception {
    TestLayer layer = layerOf(0, 1);
    TestBlobSource source = layer.source();
    LazyLayer lazy = open(layer, source);
    lazy.fetchInBackground();
    lazy.close();
    clock.pass(DELAY);
    assertEquals(BackgroundFetcher.IDLE, node.backgroundStep());
    assertEquals(List.of(), source.requests());
  }

  @Test
  void aStartedNodeFetchesByItself() throws Exception {
    node.close();
    node =
        LazyNode.start(
            store,
            EXACT.withBackground(
                Optional.of(
                    LazyOptions.Background.after(Duration.ofMillis(20))
                        .with(LazyOptions.Background.WhenBusy.GO_ON))));
    TestLayer layer = layerOf(0, 2);
    try (LazyLayer lazy = open(layer, layer.source())) {
      lazy.fetchInBackground();
      Reading.until(() -> lazy.report().complete());
    }
  }
}
