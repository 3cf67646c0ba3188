package io.loadstar.lazy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.layer.Landmark;
import io.loadstar.layer.LandmarkGlance;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A prefetch that begins before its layer is open. */
final class HeadStartTest extends FetchAheadNode {

  private static LandmarkGlance glance(TestLayer layer) {
    byte[] first = layer.files().values().iterator().next();
    long size = Math.min(first.length, 500_000);
    Digest digest = Digest.of(java.util.Arrays.copyOf(first, (int) size));
    return new LandmarkGlance(
        (Landmark.PrefetchUpTo) layer.tree().landmark(),
        new LandmarkGlance.FirstChunk(digest, size));
  }

  private HeadStart begin(TestLayer layer, TestBlobSource source) {
    return node.headStart(source, DOMAIN, glance(layer));
  }

  private void isAllHere(TestLayer layer, LazyLayer lazy, int files) throws Exception {
    for (int i = 0; i < files; i++) {
      assertArrayEquals(
          layer.content("before" + i),
          Reading.read(lazy, layer.file("before" + i), 0, 1_000_000),
          "before" + i);
    }
  }

  private void prefetch(LazyLayer lazy, HeadStart begun) throws Exception {
    Reading.await(lazy.prefetch(begun));
    settle();
  }

  @Test
  void aPrefetchGoesOnWithWhatWasBegun() throws Exception {
    TestLayer layer = layerOf(4, 1);
    TestBlobSource source = layer.source();
    HeadStart begun = begin(layer, source);
    source.awaitTaken(prefetchRange(layer).end() - 1);
    try (LazyLayer lazy = open(layer, source)) {
      prefetch(lazy, begun);
      isAllHere(layer, lazy, 4);
      assertEquals(0, lazy.report().served().waits());
      assertEquals(1, lazy.report().traffic().requests());
    }
    assertEquals(List.of(prefetchRange(layer)), source.requests());
  }

  @Test
  void aPrefetchTakesOverInTheMiddle() throws Exception {
    TestLayer layer = layerOf(4, 1);
    TestBlobSource source = layer.source();
    source.holdFrom(1_500_000);
    HeadStart begun = begin(layer, source);
    source.awaitTaken(1_499_999);
    try (LazyLayer lazy = open(layer, source)) {
      var prefetch = lazy.prefetch(begun);
      isAllHere(layer, lazy, 1);
      source.release();
      Reading.await(prefetch);
      settle();
      isAllHere(layer, lazy, 4);
    }
    assertEquals(List.of(prefetchRange(layer)), source.requests());
  }

  /** What is more than may be held stays where it comes from, until it is wanted. */
  @Test
  void onlySoMuchIsHeld() throws Exception {
    TestLayer layer = layerOf(12, 1);
    TestBlobSource source = layer.source();
    HeadStart begun = begin(layer, source);
    source.awaitTaken(HeadStarts.MAX_HELD - 1);
    assertSame(HeadStart.NONE, begin(layerOf(1, 0), layer.source()), "no room");
    try (LazyLayer lazy = open(layer, source)) {
      prefetch(lazy, begun);
      isAllHere(layer, lazy, 12);
    }
    assertEquals(List.of(prefetchRange(layer)), source.requests());
    roomIsFreeAgain();
  }

  private void roomIsFreeAgain() throws Exception {
    TestLayer large = layerOf(12, 0);
    TestBlobSource source = large.source();
    Reading.until(() -> begin(large, source) != HeadStart.NONE);
    source.awaitTaken(HeadStarts.MAX_HELD - 1);
  }

  @Test
  void whatIsDroppedGivesItsRoomBack() throws Exception {
    TestLayer layer = layerOf(12, 1);
    TestBlobSource source = layer.source();
    HeadStart begun = begin(layer, source);
    source.awaitTaken(HeadStarts.MAX_HELD - 1);
    begun.close();
    roomIsFreeAgain();
    try (LazyLayer lazy = open(layer, source)) {
      prefetch(lazy, begun);
      isAllHere(layer, lazy, 12);
    }
    assertEquals(List.of(prefetchRange(layer), prefetchRange(layer)), source.requests());
  }

  @Test
  void whatIsHereIsntBegun() throws Exception {
    TestLayer layer = layerOf(2, 1);
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      Reading.read(lazy, layer.file("before0"), 0, 10);
      settle();
      source.forgetRequests();
      assertSame(HeadStart.NONE, begin(layer, source));
      assertEquals(List.of(), source.requests());
    }
  }

  /** The store has what the table's first rows didn't show. */
  @Test
  void whatIsFarBehindTheBeginningIsAskedForAnew() throws Exception {
    TestLayer layer = layerOf(6, 1);
    TestBlobSource source = layer.source();
    source.holdFrom(100_000);
    HeadStart begun = begin(layer, source);
    source.awaitTaken(99_999);
    TestBlobSource other = layer.source();
    try (LazyLayer lazy = open(layer, other)) {
      for (int i = 0; i < 5; i++) {
        Reading.read(lazy, layer.file("before" + i), 0, 1_000_000);
      }
      settle();
      other.forgetRequests();
      prefetch(lazy, begun);
      isAllHere(layer, lazy, 6);
      assertEquals(
          List.of(
              ByteRange.between(
                  layer.member("before5", 0).offset(), layer.member("before5", 1).end())),
          other.requests());
    }
    source.release();
    roomIsFreeAgain();
  }

  @Test
  void anAnswerThatBreaksOffIsAskedForAnew() throws Exception {
    TestLayer layer = layerOf(3, 1);
    TestBlobSource source = layer.source();
    source.holdFrom(1_000_000);
    HeadStart begun = begin(layer, source);
    source.awaitTaken(999_999);
    source.awaitHeld(1);
    try (LazyLayer lazy = open(layer, source)) {
      var prefetch = lazy.prefetch(begun);
      source.breakWaiting();
      source.release();
      Reading.await(prefetch);
      settle();
      isAllHere(layer, lazy, 3);
    }
    roomIsFreeAgain();
  }

  @Test
  void wrongBytesAreNotKept() throws Exception {
    TestLayer layer = layerOf(2, 1);
    TestBlobSource source = layer.source();
    source.spoil(200_000);
    HeadStart begun = begin(layer, source);
    source.awaitTaken(prefetchRange(layer).end() - 1);
    source.spoil(200_000);
    try (LazyLayer lazy = open(layer, source)) {
      prefetch(lazy, begun);
      clock.pass(options().failureBackoff());
      isAllHere(layer, lazy, 2);
      assertTrue(source.requests().size() > 1, "the spoilt member was asked for again");
    }
  }
}
