package io.loadstar.lazy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.cache.SharingDomain;
import io.loadstar.layer.Landmark;
import java.io.IOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

/** What a start reads is prefetched at the next, of layers whose builder named nothing. */
final class LearntPrefetchTest extends LazyTestNode implements LearntReads {

  private static final int FILES = 40;
  private static final int SIZE = 100_000;

  private final Map<Digest, List<Long>> known = new ConcurrentHashMap<>();

  /** Where nothing was fetched yet. */
  private int places;

  private SharingDomain place = DOMAIN;

  @Override
  LearntReads learnt() {
    return this;
  }

  @Override
  public List<Long> of(Digest layer) {
    return known.getOrDefault(layer, List.of());
  }

  @Override
  public void learn(Digest layer, List<Long> members) {
    known.put(layer, List.copyOf(members));
  }

  private TestLayer layer() {
    return filled(TestLayer.builder().chunkSize(SIZE)).build();
  }

  private TestLayer.Builder filled(TestLayer.Builder builder) {
    for (int i = 0; i < FILES; i++) {
      builder.file("f" + i, randomBytes(SIZE));
    }
    return builder;
  }

  /** Content that was fetched before doesn't count here, as if it had been evicted. */
  private void forgetContent() {
    place = SharingDomain.ofRegistry("registry" + ++places + ".example");
  }

  private LazyLayer openHere(TestLayer layer, TestBlobSource source) {
    return node.open(layer.content(source), place);
  }

  private void start(TestLayer layer, int... files) throws Exception {
    try (LazyLayer lazy = openHere(layer, layer.source())) {
      for (int file : files) {
        Reading.read(lazy, layer.file("f" + file), 0, SIZE);
        Reading.read(lazy, layer.file("f" + file), 0, 10);
      }
    }
    forgetContent();
  }

  private static ByteRange range(TestLayer layer, int first, int last) {
    return ByteRange.between(
        layer.member("f" + first, 0).offset(), layer.member("f" + last, 0).end());
  }

  private List<ByteRange> prefetched(TestLayer layer) throws Exception {
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = openHere(layer, source)) {
      Reading.await(lazy.prefetch(HeadStart.NONE));
      settle();
      return source.requests().stream()
          .sorted(Comparator.comparingLong(ByteRange::offset))
          .toList();
    }
  }

  @Test
  void theNextStartFindsWhatTheLastOneRead() throws Exception {
    TestLayer layer = layer();
    start(layer, 20, 3, 4, 37);
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = openHere(layer, source)) {
      Reading.await(lazy.prefetch(HeadStart.NONE));
      settle();
      List<ByteRange> wanted =
          List.of(range(layer, 3, 4), range(layer, 20, 20), range(layer, 37, 37));
      assertEquals(
          wanted,
          source.requests().stream().sorted(Comparator.comparingLong(ByteRange::offset)).toList());
      assertEquals(
          wanted.stream().mapToLong(ByteRange::length).sum(), lazy.report().traffic().bytes());
      for (int file : new int[] {3, 4, 20, 37}) {
        Reading.read(lazy, layer.file("f" + file), 0, SIZE);
      }
      assertEquals(0, lazy.report().served().waits());
      assertEquals(3, source.requests().size());
    }
  }

  @Test
  void neighboursThatAreNearShareARequest() throws Exception {
    restartWith(EXACT.withFetchAtLeast(128 << 10));
    TestLayer layer = layer();
    start(layer, 3, 5, 30);
    assertEquals(List.of(range(layer, 3, 5), range(layer, 30, 30)), prefetched(layer));
  }

  @Test
  void whatIsHereIsNotFetchedAgain() throws Exception {
    TestLayer layer = layer();
    start(layer, 3, 20);
    try (LazyLayer lazy = openHere(layer, layer.source())) {
      Reading.read(lazy, layer.file("f20"), 0, SIZE);
    }
    known.put(
        layer.digest(), List.of(layer.member("f3", 0).offset(), layer.member("f20", 0).offset()));
    assertEquals(List.of(range(layer, 3, 3)), prefetched(layer));
  }

  @Test
  void whatIsReadLaterIsNoPartOfAStart() throws Exception {
    TestLayer layer = layer();
    try (LazyLayer lazy = openHere(layer, layer.source())) {
      clock.pass(Duration.ofHours(1));
      Reading.read(lazy, layer.file("f1"), 0, SIZE);
      clock.pass(StartRecord.WINDOW.minusNanos(1));
      Reading.read(lazy, layer.file("f5"), 0, SIZE);
      clock.pass(Duration.ofNanos(1));
      Reading.read(lazy, layer.file("f9"), 0, SIZE);
    }
    forgetContent();
    assertEquals(List.of(range(layer, 1, 1), range(layer, 5, 5)), prefetched(layer));
  }

  @Test
  void ofALargeFileOnlyWhatWasRead() throws Exception {
    TestLayer layer =
        TestLayer.builder().chunkSize(SIZE).file("large", randomBytes(20 * SIZE)).build();
    try (LazyLayer lazy = openHere(layer, layer.source())) {
      Reading.read(lazy, layer.file("large"), 7L * SIZE + 10, SIZE); // of two chunks
    }
    forgetContent();
    assertEquals(
        List.of(
            ByteRange.between(layer.member("large", 7).offset(), layer.member("large", 8).end())),
        prefetched(layer));
  }

  @Test
  void aLayerThatSaysThatNothingIsNeededIsLearntAsWell() throws Exception {
    TestLayer.Builder builder = TestLayer.builder().chunkSize(SIZE);
    TestLayer layer =
        filled(builder.file(Landmark.NO_PREFETCH, new byte[] {Landmark.CONTENT})).build();
    start(layer, 8);
    assertEquals(List.of(range(layer, 8, 8)), prefetched(layer));
  }

  @Test
  void aLandmarkSaysMoreThanAnEarlierStart() throws Exception {
    TestLayer layer = filled(TestLayer.builder().chunkSize(SIZE).landmark()).build();
    start(layer, 8);
    assertEquals(Map.of(), known);
    known.put(layer.digest(), List.of(layer.member("f8", 0).offset()));
    assertEquals(List.of(), prefetched(layer));
  }

  @Test
  void whatIsNotOfThisBlobIsIgnored() throws Exception {
    TestLayer layer = layer();
    long start = layer.member("f8", 0).offset();
    known.put(
        layer.digest(), List.of(start + 1, -1L, Long.MAX_VALUE, Long.MIN_VALUE, start, start));
    assertEquals(List.of(range(layer, 8, 8)), prefetched(layer));
  }

  @Test
  void aNodeThatIsOnlyPrefetchedLearnsNothing() throws Exception {
    TestLayer layer = layer();
    known.put(layer.digest(), List.of(layer.member("f8", 0).offset()));
    List<Long> before = known.get(layer.digest());
    assertTrue(prefetched(layer).size() == 1);
    assertEquals(before, known.get(layer.digest()));
  }

  @Test
  void membersBeyondTheBoundAreNotLearnt() throws IOException {
    TestLayer.Builder builder = TestLayer.builder();
    for (int i = 0; i < MAX_MEMBERS + 10; i++) {
      builder.file("f" + i, new byte[] {(byte) i, (byte) (i >> 8)});
    }
    TestLayer layer = builder.build();
    LayerIndex index = new LayerIndex(layer.tree(), layer.digest(), DOMAIN);
    int[] begun = {0};
    StartRecord record = StartRecord.of(index, clock, () -> begun[0]++);
    for (int i = 0; i < MAX_MEMBERS + 10; i++) {
      record.add(i);
    }
    assertEquals(1, begun[0]);
    assertEquals(MAX_MEMBERS, record.end().size());
    assertEquals(List.of(), record.end());
  }
}
