package io.loadstar.build;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Runs the programs that the format must get on with. Stateless. */
final class Shell {

  private Shell() {}

  /** Runs {@code command} in {@code directory}; what it prints if it ends well. */
  static String run(Path directory, String... command) throws IOException {
    Path output = Files.createTempFile("loadstar-shell", ".out");
    try {
      Process process =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      process.getOutputStream().close();
      int status = process.waitFor();
      String printed = Files.readString(output, UTF_8);
      if (status != 0) {
        throw new IOException(List.of(command) + " ended with " + status + ": " + printed);
      }
      return printed;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      Files.delete(output);
    }
  }

  /** What gzip makes of a file. */
  static byte[] unzipped(Path file) throws IOException {
    try (var members = new java.util.zip.GZIPInputStream(Files.newInputStream(file))) {
      return members.readAllBytes();
    }
  }

  /** Runs a line of sh. */
  static String sh(Path directory, String line) throws IOException {
    return run(directory, "sh", "-ec", line);
  }
}
