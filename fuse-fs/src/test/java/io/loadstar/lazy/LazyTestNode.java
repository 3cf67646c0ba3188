package io.loadstar.lazy;

import io.loadstar.cache.DiskContentStore;
import io.loadstar.cache.SharingDomain;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A node with a store on disk and a clock that stands still. Tests extend it. */
abstract class LazyTestNode {

  static final SharingDomain DOMAIN = SharingDomain.ofRegistry("registry.example");

  /** Nothing is fetched that isn't read. */
  static final LazyOptions EXACT =
      LazyOptions.DEFAULT
          .withFetchAtLeast(0)
          .withReadAheadLimit(0)
          .withBackground(Optional.empty());

  private final long seed = System.nanoTime();
  final Random random = new Random(seed);
  final TestClock clock = new TestClock();

  @TempDir Path folder;
  DiskContentStore store;
  LazyNode node;

  LazyTestNode() {
    System.out.println(getClass().getSimpleName() + " seed " + seed);
  }

  LazyOptions options() {
    return EXACT;
  }

  CpuPressure pressure() {
    return CpuPressure.NONE;
  }

  LearntReads learnt() {
    return LearntReads.NONE;
  }

  private LazyNode.Surroundings surroundings() {
    return new LazyNode.Surroundings(clock, pressure(), learnt());
  }

  @BeforeEach
  void start() throws IOException {
    store = DiskContentStore.open(folder.resolve("store"), DiskContentStore.Bounds.DEFAULT);
    node = new LazyNode(store, options(), surroundings());
  }

  @AfterEach
  void stop() throws IOException {
    node.close();
    store.close();
  }

  void restart() throws IOException {
    stop();
    start();
  }

  void restartWith(LazyOptions options) throws IOException {
    node.close();
    node = new LazyNode(store, options, surroundings());
  }

  /** Returns when nothing is under way any more. */
  void settle() throws Exception {
    LazyNode.Load idle = new LazyNode.Load(0, 0, 0);
    Reading.until(() -> node.load().equals(idle));
  }

  byte[] randomBytes(int size) {
    return TestLayer.randomBytes(random, size);
  }

  LazyLayer open(TestLayer layer, TestBlobSource source) {
    return node.open(layer.content(source), DOMAIN);
  }
}
