package io.loadstar.lazy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Reads a layer at random against its plain content, while its source fails, its store evicts and
 * is full, and the process is killed in the middle of it and started again on what it left.
 */
final class KilledReaderTest {

  private static final long FULL_READS = 1_000_000;
  private static final long BOUNDED_READS = 10_000;
  private static final int KILLS = 4;

  @TempDir Path folder;
  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);

  @Test
  void neverAWrongByteAndNeverALostOne() throws Exception {
    boolean full = Boolean.getBoolean("loadstar.full");
    long reads = full ? FULL_READS : BOUNDED_READS;
    System.out.println("KilledReaderTest seed " + seed);
    if (!full) {
      System.out.println(
          "bounded: random reads against a plain copy: " + reads + " of " + FULL_READS);
    }
    long done = 0;
    for (int i = 0; i < KILLS; i++) {
      done += readAndKill(reads / (KILLS + 1));
      damageOne();
    }
    assertEquals(0, readToTheEnd(Math.max(1, reads - done)));
  }

  private Process start(long reads) throws IOException {
    return new ProcessBuilder(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                RandomReader.class.getName(),
                folder.resolve("store").toString(),
                Long.toString(random.nextLong()),
                Long.toString(reads)))
        .redirectError(folder.resolve("log").toFile())
        .start();
  }

  /** Kills it once it has told that it has done about so many; how many it told. */
  private long readAndKill(long reads) throws Exception {
    Process process = start(Long.MAX_VALUE);
    long done = 0;
    try (BufferedReader told = process.inputReader(StandardCharsets.UTF_8)) {
      while (done < reads) {
        String line = told.readLine();
        if (line == null) {
          process.waitFor();
          assertNotEquals(RandomReader.WRONG, process.exitValue(), this::log);
          throw new AssertionError("ended with " + process.exitValue() + "\n" + log());
        }
        done = line.matches("\\d+") ? Long.parseLong(line) : done; // else it logs
      }
    } finally {
      process.destroyForcibly();
      process.waitFor();
    }
    return done;
  }

  private int readToTheEnd(long reads) throws Exception {
    Process process = start(reads);
    try {
      try (BufferedReader told = process.inputReader(StandardCharsets.UTF_8)) {
        while (told.readLine() != null) {
          // It tells how far it is.
        }
      }
      if (!process.waitFor(1, TimeUnit.MINUTES)) {
        throw new AssertionError("hasn't ended\n" + log());
      }
      return process.exitValue();
    } finally {
      process.destroyForcibly();
    }
  }

  /** As a power failure would leave it: a file under its name without all of its bytes. */
  private void damageOne() throws IOException {
    List<Path> objects;
    try (Stream<Path> all = Files.walk(folder.resolve("store/objects"))) {
      objects = all.filter(Files::isRegularFile).toList();
    }
    if (!objects.isEmpty()) {
      Path chosen = objects.get(random.nextInt(objects.size()));
      try (RandomAccessFile file = new RandomAccessFile(chosen.toFile(), "rw")) {
        file.seek(file.length() / 2);
        file.write(new byte[] {1, 2, 3, 4});
      }
    }
  }

  private String log() {
    try {
      return Files.readString(folder.resolve("log"));
    } catch (IOException e) {
      return e.toString();
    }
  }
}
