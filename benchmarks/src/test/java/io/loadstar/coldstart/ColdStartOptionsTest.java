package io.loadstar.coldstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ColdStartOptionsTest {

  private static final List<String> NECESSARY =
      List.of(
          "--archives",
          "a",
          "--output",
          "o",
          "--images",
          "redis",
          "--rounds",
          "1",
          "--lines",
          "20ms:200Mbit",
          "--workloads",
          "start");

  @TempDir Path directory;

  @Test
  void theConfigurationIsRead() throws Exception {
    Path file = Files.writeString(directory.resolve("c.toml"), "no_xattr_requests = true\n");
    ColdStartOptions options = parse("--config", file.toString(), "--trace", "t");
    assertEquals("no_xattr_requests = true\n", options.configuration());
    assertEquals(Path.of("t"), options.trace());
  }

  @Test
  void withoutThemThereAreNone() {
    assertEquals("", parse().configuration());
    assertNull(parse().trace());
  }

  @Test
  void aConfigurationThatIsNotThereIsSaidSo() {
    String missing = directory.resolve("missing").toString();
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> parse("--config", missing));
    assertEquals("can't read " + missing + ": " + missing, e.getMessage());
  }

  private static ColdStartOptions parse(String... more) {
    List<String> words = new ArrayList<>(NECESSARY);
    words.addAll(List.of(more));
    return ColdStartOptions.parse(words);
  }
}
