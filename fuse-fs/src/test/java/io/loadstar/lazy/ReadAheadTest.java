package io.loadstar.lazy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.ByteRange;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is fetched in front of readers. */
final class ReadAheadTest extends LazyTestNode {

  private static final int LEAST = 100_000;
  private static final int LIMIT = 4_000_000;

  @Override
  LazyOptions options() {
    return LazyOptions.DEFAULT
        .withFetchAtLeast(LEAST)
        .withReadAheadLimit(LIMIT)
        .withBackground(Optional.empty());
  }

  private ReadAhead readAhead() {
    return new ReadAhead(LEAST, LIMIT, new LineMeter(LEAST), (from, to, _) -> to - from);
  }

  private TestLayer layerOf(int files) {
    TestLayer.Builder builder = TestLayer.builder();
    for (int i = 0; i < files; i++) {
      builder.file(String.format("f%05d", i), randomBytes(20_000));
    }
    return builder.build();
  }

  @Test
  void theWindowGrowsWithWhatWasReadUpToItsLimit() {
    ReadAhead readAhead = readAhead();
    long fetched = readAhead.missed(0, 1).end();
    assertEquals(LEAST, fetched);
    long most = 0;
    for (long offset = 1; offset < 30_000_000; offset += 1000) {
      ReadAhead.@Nullable Stretch stretch =
          readAhead.isHeardAt(offset) ? readAhead.passed(offset) : null;
      if (stretch != null) {
        assertEquals(fetched, stretch.from(), "without a gap");
        fetched = stretch.end();
        assertTrue(fetched - offset <= LEAST + offset, "no more than was shown to be useful");
        most = Math.max(most, fetched - offset);
      }
      assertTrue(offset < fetched, "the reader never comes to the end of it");
    }
    assertEquals(LIMIT, most);
  }

  @Test
  void theLargestWindowIsWhatTheLineIsWorth() {
    assertEquals(4 << 20, largest(20));
    assertEquals(10_000_000, largest(100));
    assertEquals(16 << 20, largest(400));
  }

  /** Of a line of 25 MB/s that answers after so many milliseconds, for who reads all of 100 MB. */
  private static long largest(int millis) {
    LineMeter meter = new LineMeter(LEAST);
    meter.answered(TimeUnit.MILLISECONDS.toNanos(millis));
    long second = TimeUnit.SECONDS.toNanos(1);
    meter.received(25_000_000, second, second);
    ReadAhead readAhead = new ReadAhead(LEAST, 16 << 20, meter, (from, to, _) -> to - from);
    long fetched = readAhead.missed(0, 1).end();
    long most = 0;
    for (long offset = 1; offset < 100_000_000; offset += 1000) {
      ReadAhead.@Nullable Stretch stretch = readAhead.passed(offset);
      fetched = stretch == null ? fetched : stretch.end();
      most = Math.max(most, fetched - offset);
    }
    return most;
  }

  @Test
  void aPartOfTheFirstWindowLiesBefore() {
    ReadAhead readAhead = readAhead();
    assertEquals(0, readAhead.missed(10, 20).from(), "no more than there is");
    long from = 1_000_000_000;
    assertEquals(from - LEAST / 2, readAhead.missed(from, from + 10).from());
  }

  private static long length(ReadAhead.Stretch stretch) {
    return stretch.end() - stretch.from();
  }

  @Test
  void readersWhoJumpAboutSoonGetOnlyWhatTheyAskFor() {
    ReadAhead readAhead = readAhead();
    long last = 0;
    for (int i = 0; i < 40; i++) {
      long from = 1_000_000_000L * ((i * 17) % 41 + 1);
      last = length(readAhead.missed(from, from + 10));
    }
    assertEquals(10, last);
  }

  @Test
  void whoLeavesOutMoreThanHeReadsGetsTheFirstWindowOnly() {
    long[] read = {0};
    ReadAhead readAhead =
        new ReadAhead(LEAST, LIMIT, new LineMeter(LEAST), (from, _, _) -> read[0] - from);
    for (int step = 0; step < 40; step++) {
      long from = read[0];
      readAhead.missed(from, from + 50_000);
      read[0] = from + 50_000;
    }
    long grown = readAhead.missed(read[0], read[0] + 10).end() - read[0];
    assertTrue(grown >= 1_000_000, "a reader on his way gets " + grown);
    long far = read[0] + grown;
    for (int jump = 0; jump < 100; jump++) {
      far += LEAST;
      long window = readAhead.missed(far, far + 10).end() - far;
      assertTrue(far < 2 * read[0] + grown || window == LEAST, window + " at " + far);
    }
    long back = LEAST + 1;
    assertEquals(LEAST, readAhead.missed(back, back + 10).end() - back, "who goes back");
  }

  @Test
  void threeReadersOnTheirWayAreToldApart() {
    ReadAhead readAhead = readAhead();
    long[] starts = {0, 1_000_000_000, 2_000_000_000};
    long[] fetched = new long[3];
    for (long step = 0; step < 3_000_000; step += 20_000) {
      for (int i = 0; i < 3; i++) {
        long at = starts[i] + step;
        if (at >= fetched[i]) {
          fetched[i] = readAhead.missed(at, at + 1).end();
        } else {
          ReadAhead.@Nullable Stretch stretch = readAhead.passed(at);
          fetched[i] = stretch == null ? fetched[i] : stretch.end();
        }
      }
    }
    for (int i = 0; i < 3; i++) {
      assertTrue(fetched[i] - starts[i] > 3_000_000 + 1_000_000, "reader " + i);
    }
  }

  @Test
  void whoReadsNothingAheadIsNotFollowed() {
    ReadAhead readAhead = new ReadAhead(0, 0, new LineMeter(0), (_, _, _) -> 0);
    assertEquals(new ReadAhead.Stretch(3, 7), readAhead.missed(3, 7));
    assertTrue(!readAhead.isHeardAt(Long.MAX_VALUE - 1));
    assertNull(readAhead.passed(5));
  }

  @Test
  void whatIsAboutToArriveIsNotAskedForAgain() throws Exception {
    TestLayer layer = layerOf(30);
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      long begun = layer.member("f00010", 0).offset();
      source.holdFrom(begun + 1);
      CompletableFuture<byte[]> later = Reading.begin(lazy, layer.file("f00010"), 0, 10);
      source.awaitTaken(begun);
      CompletableFuture<byte[]> sooner = Reading.begin(lazy, layer.file("f00008"), 0, 10);
      Reading.until(() -> source.requests().size() >= 2);
      source.release();
      assertEquals(10, Reading.await(later).length);
      assertEquals(10, Reading.await(sooner).length);
      assertEquals(
          ByteRange.between(layer.member("f00008", 0).offset(), layer.member("f00010", 0).offset()),
          source.requests().get(1));
    }
  }

  @Test
  void whoComesBeforeTheAnswerBeginsWaitsForIt() throws Exception {
    TestLayer layer = layerOf(30);
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      Reading.read(lazy, layer.file("f00000"), 0, 10);
      long end = source.requests().getFirst().end();
      settle();
      source.holdFrom(end);
      Reading.read(lazy, layer.file("f00003"), 0, 10);
      source.awaitHeld(1);
      String next =
          layer.files().keySet().stream()
              .filter(path -> layer.member(path, 0).offset() >= end)
              .findFirst()
              .orElseThrow();
      CompletableFuture<byte[]> read = Reading.begin(lazy, layer.file(next), 0, 10);
      Reading.until(() -> lazy.report().served().waits() == 2);
      source.release();
      assertEquals(10, Reading.await(read).length);
      assertEquals(end, source.requests().get(1).offset());
      assertEquals(2, source.requests().size());
    }
  }

  @Test
  void readingAllFilesInOrderCostsFewRequests() throws Exception {
    TestLayer layer = layerOf(2000);
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      for (String path : layer.files().keySet()) {
        assertArrayEquals(layer.content(path), Reading.read(lazy, layer.file(path), 0, 30_000));
      }
      settle();
      assertTrue(lazy.report().complete());
      int requests = source.requests().size();
      assertTrue(requests <= 40, requests + " requests for 40 MB");
      long wire = source.requests().stream().mapToLong(ByteRange::length).sum();
      assertTrue(wire <= layer.blob().length * 102L / 100, wire + " bytes came");
    }
  }

  @Test
  void readingFilesInNoOrderBringsNoByteTwiceAndEndsWithAll() throws Exception {
    TestLayer layer = layerOf(600);
    TestBlobSource source = layer.source();
    List<String> paths = new ArrayList<>(layer.files().keySet());
    Collections.shuffle(paths, random);
    try (LazyLayer lazy = open(layer, source)) {
      for (String path : paths) {
        assertArrayEquals(layer.content(path), Reading.read(lazy, layer.file(path), 0, 30_000));
      }
      settle();
      assertTrue(lazy.report().complete());
    }
  }
}
