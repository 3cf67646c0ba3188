package io.loadstar.fuzz;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What fuzzing has found, and what it begins with: see testdata/README.md. */
class FuzzCorpusTest {

  static final Path CORPUS = Path.of("..", "testdata", "fuzz");

  /** For any one input: they are all small. */
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @ParameterizedTest
  @EnumSource
  void everyInputIsReadOrRefused(FuzzTarget target) throws IOException {
    boolean accepted = false;
    List<Path> inputs = inputs(target);
    for (Path input : inputs) {
      byte[] bytes = Files.readAllBytes(input);
      accepted |=
          Assertions.assertTimeout(
              PATIENCE, () -> target.accepts(bytes), () -> "input " + input.getFileName());
    }

    assertFalse(inputs.isEmpty());
    assertTrue(accepted, "none of them is right: fuzzing would begin with errors only");
  }

  /** The inputs of a target, in the order of their names. */
  static List<Path> inputs(FuzzTarget target) throws IOException {
    try (Stream<Path> files = Files.list(CORPUS.resolve(target.directory()))) {
      return files.sorted().toList();
    }
  }
}
