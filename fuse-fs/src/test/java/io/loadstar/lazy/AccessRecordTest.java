package io.loadstar.lazy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What of a layer's reads is recorded. */
final class AccessRecordTest extends LazyTestNode {

  private final TestLayer layer =
      TestLayer.builder()
          .chunkSize(4000)
          .file("a", TestLayer.randomBytes(random, 9000))
          .file("b", TestLayer.randomBytes(random, 9000))
          .file("c", TestLayer.randomBytes(random, 9000))
          .file("empty", new byte[0])
          .build();
  private final AccessRecord record = AccessRecord.of(layer.tree());

  private LazyLayer recorded(TestBlobSource source) {
    return node.open(layer.content(source), DOMAIN, record);
  }

  private List<Long> files() {
    return record.reads().stream().map(AccessRecord.FirstRead::inode).toList();
  }

  private long inode(String path) {
    return layer.file(path).number();
  }

  @Test
  void eachFileIsRecordedOnceInTheOrderOfTheFirstReads() throws Exception {
    record.switchOn();
    try (LazyLayer lazy = recorded(layer.source())) {
      for (String path : List.of("b", "a", "b", "c", "a")) {
        Reading.read(lazy, layer.file(path), 5000, 100);
      }
    }
    assertEquals(List.of(inode("b"), inode("a"), inode("c")), files());
    AccessRecord.FirstRead first = record.reads().getFirst();
    assertEquals(AccessRecord.Source.FETCH, first.source());
    assertEquals(5000, first.offset());
    assertTrue(first.waitNanos() > 0);
  }

  @Test
  void aReadOfWhatIsThereIsRecordedAsSuch() throws Exception {
    try (LazyLayer lazy = recorded(layer.source())) {
      Reading.read(lazy, layer.file("a"), 0, 9000);
      record.switchOn();
      Reading.read(lazy, layer.file("a"), 0, 9000);
    }
    assertEquals(
        List.of(AccessRecord.Source.STORE),
        record.reads().stream().map(AccessRecord.FirstRead::source).toList());
    assertEquals(0, record.reads().getFirst().waitNanos());
  }

  @Test
  void whatCameFirstIsFirstThoughItIsAnsweredLater() throws Exception {
    TestBlobSource source = layer.source();
    record.switchOn();
    try (LazyLayer lazy = recorded(source)) {
      source.holdFrom(layer.member("c", 0).offset());
      CompletableFuture<byte[]> slow = Reading.begin(lazy, layer.file("c"), 0, 10);
      Reading.until(() -> source.requests().size() == 1);
      Reading.read(lazy, layer.file("a"), 0, 10);
      assertEquals(List.of(inode("a")), files());
      source.release();
      Reading.await(slow);
    }
    assertEquals(List.of(inode("c"), inode("a")), files());
  }

  @Test
  void nothingIsRecordedWhileItIsSwitchedOff() throws Exception {
    try (LazyLayer lazy = recorded(layer.source())) {
      Reading.read(lazy, layer.file("a"), 0, 10);
      record.switchOn();
      Reading.read(lazy, layer.file("b"), 0, 10);
      record.switchOff();
      Reading.read(lazy, layer.file("c"), 0, 10);
    }
    assertEquals(List.of(inode("b")), files());
    assertThrows(IllegalStateException.class, () -> AccessRecord.none().switchOn());
  }

  @Test
  void readingNothingIsNoRead() throws Exception {
    record.switchOn();
    try (LazyLayer lazy = recorded(layer.source())) {
      Reading.read(lazy, layer.file("empty"), 0, 10);
      Reading.read(lazy, layer.file("a"), 9000, 10);
    }
    assertEquals(List.of(), files());
  }

  @Test
  void aFailedReadIsNoRead() throws Exception {
    record.switchOn();
    TestBlobSource source = layer.source();
    LazyLayer lazy = recorded(source);
    lazy.close();
    Reading.failureOf(Reading.begin(lazy, layer.file("a"), 0, 10));
    assertEquals(List.of(), files());
  }

  @Test
  void readsAfterTheFirstMakeNoObjects() throws Exception {
    record.switchOn();
    long inode = inode("a");
    record.answered(inode, 0);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 100_000; i++) {
      record.answered(inode, i);
    }
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertTrue(allocated < 100_000, () -> allocated + " bytes for 100,000 reads");
    assertEquals(1, record.reads().size());
  }
}
