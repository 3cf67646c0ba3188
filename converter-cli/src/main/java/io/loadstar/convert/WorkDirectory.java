package io.loadstar.convert;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A temporary directory for layers under way; closing it removes it with all that is in it.
 *
 * @param path the directory
 */
public record WorkDirectory(Path path) implements AutoCloseable {

  /** Where large temporary files belong (file-hierarchy standard): /tmp is often memory. */
  private static final String USUAL = "/var/tmp";

  /**
   * A new one in {@code $TMPDIR}, else in /var/tmp.
   *
   * @throws IOException if it can't be made
   */
  public static WorkDirectory create() throws IOException {
    String chosen = System.getenv("TMPDIR");
    Path parent = Path.of(chosen == null || chosen.isEmpty() ? USUAL : chosen);
    return new WorkDirectory(Files.createTempDirectory(parent, "loadstar-convert-"));
  }

  @Override
  public void close() throws IOException {
    List<Path> inside;
    try (Stream<Path> files = Files.walk(path)) {
      inside = files.toList();
    }
    for (Path file : inside.reversed()) {
      Files.deleteIfExists(file);
    }
  }
}
