package io.loadstar.lazy;

import io.loadstar.blob.ByteRange;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * A node that fetches what nobody has asked for: a while after a layer was mounted, at the
 * earliest.
 */
abstract class FetchAheadNode extends LazyTestNode {
  static final Duration DELAY = Duration.ofSeconds(5);

  /** Whether the processors have more to do than they can. */
  boolean busy;

  @Override
  LazyOptions options() {
    return EXACT.withBackground(Optional.of(LazyOptions.Background.after(DELAY)));
  }

  @Override
  CpuPressure pressure() {
    return () -> busy;
  }

  /** Files of 1 MB, a landmark behind {@code before} of them, {@code behind} more. */
  final TestLayer layerOf(int before, int behind) {
    TestLayer.Builder builder = TestLayer.builder().chunkSize(500_000);
    for (int i = 0; i < before; i++) {
      builder.file("before" + i, randomBytes(1_000_000));
    }
    builder.landmark();
    for (int i = 0; i < behind; i++) {
      builder.file("behind" + i, randomBytes(1_000_000));
    }
    return builder.build();
  }

  static ByteRange prefetchRange(TestLayer layer) {
    return new ByteRange(0, layer.tree().prefetchEnd().orElseThrow());
  }

  final void prefetch(LazyLayer lazy) throws Exception {
    Reading.await(lazy.prefetch(HeadStart.NONE));
    settle();
  }

  /** Lets the background fetch do all that it wants to do now; how long it wants to sleep then. */
  final Duration runBackground() throws Exception {
    while (true) {
      Duration pause = node.backgroundStep();
      if (pause.equals(BackgroundFetcher.SETTLE)) {
        settle();
        clock.pass(pause);
      } else if (pause.equals(BackgroundFetcher.BUSY)) {
        LockSupport.parkNanos(pause.toNanos()); // the line's time is the machine's
      } else if (!pause.isZero()) {
        settle();
        return pause;
      }
    }
  }
}
