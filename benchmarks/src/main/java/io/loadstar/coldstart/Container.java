package io.loadstar.coldstart;

import io.loadstar.rig.Ctr;
import io.loadstar.rig.Program;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A container of a pulled image, at its workload. */
final class Container {

  private static final long LIMIT_SECONDS = 300;

  private Container() {}

  /**
   * Creates and starts one, and waits for the line that the image's people wait for; then, which
   * isn't in the time, for its end.
   *
   * @param reference of the image
   * @param name the container's, new on its node
   * @return when that line had come, or its end if they wait for that, in {@link System#nanoTime}
   * @throws LostOutputException if it ends well and nothing was heard of it
   * @throws IOException if it ends without that line or with a failure; the message has its output
   */
  static long readyAt(Contender contender, Ctr ctr, BenchImage image, String reference, String name)
      throws IOException, InterruptedException, TimeoutException {
    Program program = ctr.run(contender.snapshotter(), reference, name);
    Process process =
        new ProcessBuilder(program.words())
            .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
            .redirectErrorStream(true)
            .start();
    StringBuilder said = new StringBuilder();
    long ready = 0;
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (ready == 0 && !image.ready().isEmpty() && line.contains(image.ready())) {
          ready = System.nanoTime();
        }
        said.append(line).append('\n');
      }
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        throw new TimeoutException(reference + " doesn't end");
      }
      if (image.ready().isEmpty()) {
        ready = System.nanoTime();
      }
    } finally {
      process.destroyForcibly();
    }
    if (ready == 0 && said.isEmpty() && process.exitValue() == 0) {
      throw new LostOutputException(
          "%s on %s: ctr lost the container's output".formatted(reference, contender.name()));
    }
    if (ready == 0 || process.exitValue() != 0) {
      throw new IOException(
          "%s on %s ended with %d:%n%s"
              .formatted(reference, contender.name(), process.exitValue(), said));
    }
    return ready;
  }
}
