package io.loadstar.optimize;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lines of a file that grows. */
class OutputFollowerTest {

  @TempDir Path directory;
  private final List<String> lines = new ArrayList<>();

  @Test
  void linesComeAsTheyAreEnded() throws IOException {
    Path file = directory.resolve("output");
    try (OutputFollower follower = OutputFollower.open(file, lines::add)) {
      follower.follow();
      append(file, "one\r\ntw");
      follower.follow();
      assertEquals(List.of("one"), lines);
      append(file, "o\n\nthr\u00e9");
      follower.follow();
      assertEquals(List.of("one", "two", ""), lines);
      follower.finish();
      assertEquals(List.of("one", "two", "", "thr\u00e9"), lines);
      assertEquals(Files.size(file), follower.position());
    }
  }

  @Test
  void aLineWithoutEndComesInPieces() throws IOException {
    Path file = directory.resolve("output");
    try (OutputFollower follower = OutputFollower.open(file, lines::add)) {
      append(file, "x".repeat(OutputFollower.MAX_LINE * 2 + 1));
      follower.finish();
    }
    assertEquals(
        List.of(OutputFollower.MAX_LINE, OutputFollower.MAX_LINE, 1),
        lines.stream().map(String::length).toList());
  }

  private static void append(Path file, String text) throws IOException {
    Files.writeString(file, text, StandardOpenOption.APPEND);
  }
}
