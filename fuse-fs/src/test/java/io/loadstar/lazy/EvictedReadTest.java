package io.loadstar.lazy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.cache.DiskContentStore;
import io.loadstar.cache.Quota;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Reads over a store that is too small for what is read. */
final class EvictedReadTest extends LazyTestNode {

  private static final int FILES = 60;
  private static final int CHUNK = 20_000;
  private static final int READERS = 6;
  private static final int ROUNDS = 300;

  @BeforeEach
  void bound() throws IOException {
    stop();
    store =
        DiskContentStore.open(
            folder.resolve("store"),
            DiskContentStore.Bounds.DEFAULT.withQuota(new Quota(15L * CHUNK, 0)));
    node =
        new LazyNode(
            store, options(), new LazyNode.Surroundings(clock, CpuPressure.NONE, LearntReads.NONE));
  }

  private TestLayer layer() {
    TestLayer.Builder builder = TestLayer.builder().chunkSize(CHUNK);
    for (int i = 0; i < FILES; i++) {
      builder.file("f" + i, randomBytes(CHUNK / 2 + random.nextInt(2 * CHUNK)));
    }
    return builder.build();
  }

  @Test
  void whatWasEvictedIsFetchedAgainAndNeverWrong() throws Exception {
    TestLayer layer = layer();
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source);
        ExecutorService threads = Executors.newFixedThreadPool(READERS)) {
      List<Future<?>> readers = new ArrayList<>();
      for (int i = 0; i < READERS; i++) {
        long seed = random.nextLong();
        readers.add(threads.submit(() -> readAround(lazy, layer, new Random(seed))));
      }
      for (Future<?> reader : readers) {
        reader.get(120, TimeUnit.SECONDS);
      }
      settle();
      assertTrue(store.usage().evicted() > 0, store.usage()::toString);
      assertTrue(store.usage().bytes() <= 15L * CHUNK, store.usage()::toString);
      assertFalse(lazy.report().complete());
    }
  }

  private static @Nullable Void readAround(LazyLayer lazy, TestLayer layer, Random dice)
      throws Exception {
    for (int i = 0; i < ROUNDS; i++) {
      String path = "f" + dice.nextInt(FILES);
      byte[] content = layer.content(path);
      int offset = dice.nextInt(content.length);
      int length = 1 + dice.nextInt(CHUNK);
      byte[] expected =
          Arrays.copyOfRange(content, offset, Math.min(content.length, offset + length));
      assertArrayEquals(expected, Reading.read(lazy, layer.file(path), offset, length));
    }
    return null;
  }

  @Test
  void theBackgroundFetchStopsBeforeItDrivesOutWhatWasRead() throws Exception {
    restartWith(
        EXACT.withBackground(Optional.of(LazyOptions.Background.after(Duration.ofSeconds(5)))));
    TestLayer layer = layer();
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = open(layer, source)) {
      lazy.fetchInBackground();
      clock.pass(Duration.ofSeconds(5));
      for (int i = 0; i < 100; i++) {
        Duration pause = node.backgroundStep();
        settle();
        if (pause.equals(BackgroundFetcher.RETRY)) {
          break;
        }
      }
      assertFalse(store.hasRoom(0) && !lazy.report().complete(), "stopped with room left");
      int asked = source.requests().size();
      assertEquals(BackgroundFetcher.RETRY, node.backgroundStep());
      assertEquals(asked, source.requests().size());
    }
  }
}
