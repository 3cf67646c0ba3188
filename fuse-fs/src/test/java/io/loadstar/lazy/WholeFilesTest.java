package io.loadstar.lazy;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.loadstar.cache.ContentStore;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;

/** What is here is held as one file, also if it came in pieces. */
final class WholeFilesTest extends LazyTestNode {

  @Test
  void aFileOfOneChunkIsHeldOnceItWasRead() throws Exception {
    TestLayer layer = TestLayer.builder().file("one", randomBytes(5000)).build();
    try (LazyLayer opened = open(layer, layer.source())) {
      assertNull(opened.holdWhole(layer.file("one").number()));
      Reading.read(opened, layer.file("one"), 0, 5000);

      try (ContentStore.HeldFile held =
          requireNonNull(opened.holdWhole(layer.file("one").number()))) {
        assertArrayEquals(layer.content("one"), Files.readAllBytes(held.path()));
      }
    }
  }

  @Test
  void aFileOfSeveralChunksIsJoinedWhenAllAreHere() throws Exception {
    TestLayer layer = TestLayer.builder().chunkSize(1000).file("many", randomBytes(10_500)).build();
    try (LazyLayer opened = open(layer, layer.source())) {
      assertNull(opened.holdWhole(layer.file("many").number()));
      Reading.read(opened, layer.file("many"), 0, 10_500);
      Reading.until(() -> isHeld(opened, layer, "many"));

      try (ContentStore.HeldFile held =
          requireNonNull(opened.holdWhole(layer.file("many").number()))) {
        assertArrayEquals(layer.content("many"), Files.readAllBytes(held.path()));
      }
      assertEquals(2 * 10_500, store.usage().bytes());
    }
  }

  private static boolean isHeld(LazyLayer opened, TestLayer layer, String path) {
    ContentStore.HeldFile held = opened.holdWhole(layer.file(path).number());
    if (held != null) {
      held.close();
    }
    return held != null;
  }
}
