package io.loadstar.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.loadstar.blob.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is found damaged though nobody reads it. */
final class ScrubberTest {

  private static final long FAST = 1L << 40;
  private static final long LONG_AGO = 1000;

  @TempDir Path folder;
  private final List<Path> removed = new ArrayList<>();

  private Path object(String content, byte[] kept) throws IOException {
    Path file =
        folder.resolve(Digest.of(content.getBytes(java.nio.charset.StandardCharsets.UTF_8)).hex());
    return Files.write(file, kept);
  }

  private void scrub(List<Path> objects, long usedAt) throws Exception {
    Scrubber.Shelves shelves =
        new Scrubber.Shelves() {
          @Override
          public void forEach(StoreLayout.ObjectVisitor visitor) throws IOException {
            for (Path object : objects) {
              visitor.visit(object, 3, usedAt);
            }
          }

          @Override
          public void removeDamaged(Path object) {
            removed.add(object);
          }
        };
    new Scrubber(shelves, FAST).pass();
  }

  @Test
  void whatIsDamagedIsRemovedAndNothingElse() throws Exception {
    Path good = object("one", new byte[] {'o', 'n', 'e'});
    Path flipped = object("two", new byte[] {'t', 'w', 'O'});
    Path cut = object("three", new byte[] {'t'});
    Path evicted = folder.resolve("0".repeat(64));
    scrub(List.of(good, flipped, cut, evicted), LONG_AGO);
    assertEquals(List.of(flipped, cut), removed);
  }

  @Test
  void whatThisProcessHasWrittenIsNotHashedAgain() throws Exception {
    Path flipped = object("two", new byte[] {'t', 'w', 'O'});
    scrub(List.of(flipped), System.currentTimeMillis() + 1_000_000);
    assertEquals(List.of(), removed);
  }
}
