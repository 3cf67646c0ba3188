package io.loadstar.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Looks for bytes that do harm: Jazzer changes the corpus's inputs, guided by what code they reach,
 * in a JVM of its own with little memory. What it finds belongs into the corpus. In short, one JVM
 * does it for all targets.
 */
class FuzzingTest {

  private static final boolean FULL = Boolean.getBoolean("loadstar.full");
  private static final int FULL_SECONDS = 60 * FuzzTarget.values().length;
  private static final int SHORT_SECONDS = 12;

  /** Far above what any input of this size may need: seconds on a machine that does much else. */
  private static final int SECONDS_FOR_AN_INPUT = 25;

  private static final int MAX_INPUT = 16 << 10;

  @TempDir Path directory;

  @ParameterizedTest
  @MethodSource("targets")
  void noInputDoesHarm(String target) throws Exception {
    int seconds = FULL ? FULL_SECONDS / FuzzTarget.values().length : SHORT_SECONDS;
    Path found = Files.createDirectory(directory.resolve("found"));
    Path seeds = Files.createDirectory(directory.resolve("seeds"));
    copySeeds(target, seeds);
    Path log = directory.resolve("log");
    Process jazzer =
        new ProcessBuilder(command(target, seconds, List.of(found, seeds)))
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      if (!jazzer.waitFor(seconds + 300L, TimeUnit.SECONDS)) {
        throw new AssertionError("Jazzer doesn't end: " + Files.readString(log));
      }
      assertEquals(0, jazzer.exitValue(), () -> kept(target, found, log));
    } finally {
      jazzer.destroyForcibly();
    }
  }

  static Stream<String> targets() {
    if (FULL) {
      return Arrays.stream(FuzzTarget.values()).map(FuzzTarget::name);
    }
    System.out.printf("bounded: seconds of fuzzing: %d of %d%n", SHORT_SECONDS, FULL_SECONDS);
    return Stream.of(FuzzEntryPoint.ANY);
  }

  /** The corpus, each input behind its target's number if all are fuzzed together. */
  private static void copySeeds(String wanted, Path seeds) throws IOException {
    for (FuzzTarget target : FuzzTarget.values()) {
      boolean any = wanted.equals(FuzzEntryPoint.ANY);
      if (!any && !wanted.equals(target.name())) {
        continue;
      }
      for (Path input : FuzzCorpusTest.inputs(target)) {
        byte[] bytes = Files.readAllBytes(input);
        byte[] numbered = new byte[bytes.length + 1];
        numbered[0] = (byte) FuzzEntryPoint.TARGETS.indexOf(target);
        System.arraycopy(bytes, 0, numbered, 1, bytes.length);
        Files.write(
            seeds.resolve(target.directory() + "-" + input.getFileName()), any ? numbered : bytes);
      }
    }
  }

  private static List<String> command(String target, int seconds, List<Path> corpora) {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    return List.of(
        java.toString(),
        "-Xmx192m",
        "-XX:+EnableDynamicAgentLoading",
        "--enable-native-access=ALL-UNNAMED",
        "-cp",
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
        "com.code_intelligence.jazzer.Jazzer",
        "--target_class=" + FuzzEntryPoint.class.getName(),
        "--target_args=" + target,
        "--instrumentation_includes=io.loadstar.**",
        "--reproducer_path=" + corpora.getFirst(),
        "-artifact_prefix=" + corpora.getFirst() + "/",
        "-max_total_time=" + seconds,
        "-timeout=" + SECONDS_FOR_AN_INPUT,
        "-max_len=" + MAX_INPUT,
        "-print_final_stats=1",
        corpora.getFirst().toString(),
        corpora.getLast().toString());
  }

  /** What was found, put where it stays. */
  private static String kept(String target, Path found, Path log) {
    try {
      Path place = Files.createDirectories(Path.of("target", "fuzz"));
      try (Stream<Path> files = Files.list(found)) {
        for (Path file : files.toList()) {
          String name = file.getFileName().toString();
          if (name.matches("(crash|timeout|oom)-.*")) {
            Path kept = place.resolve(target + "-" + name);
            Files.copy(file, kept, StandardCopyOption.REPLACE_EXISTING);
          }
        }
      }
      return "found, and kept in " + place.toAbsolutePath() + ":\n" + Files.readString(log);
    } catch (IOException e) {
      return "found, and not kept: " + e;
    }
  }
}
