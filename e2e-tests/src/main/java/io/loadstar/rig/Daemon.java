package io.loadstar.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A process that runs until it is ended by its pid. Thread-safe. Whoever started it closes it.
 *
 * <p>It has no session of its own: a test that is interrupted by Ctrl-C takes it along.
 */
public final class Daemon implements AutoCloseable {

  private static final Duration POLITENESS = Duration.ofSeconds(15);

  private final String name;
  private final Process process;
  private final Path log;

  private Daemon(String name, Process process, Path log) {
    this.name = name;
    this.process = process;
    this.log = log;
  }

  /**
   * Starts it.
   *
   * @param name what it is called in messages
   * @param words its command line
   * @param out where its standard output goes, appended
   * @param log where its standard error goes, appended
   */
  public static Daemon start(String name, List<String> words, Path out, Path log)
      throws IOException {
    return start(name, Program.of(words.toArray(String[]::new)), out, log);
  }

  /**
   * Starts it, in an environment of its own.
   *
   * @param program its command line and what is set beside the caller's environment
   * @throws IOException if there is no such program
   */
  public static Daemon start(String name, Program program, Path out, Path log) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(program.words())
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(ProcessBuilder.Redirect.appendTo(out.toFile()))
            .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().putAll(program.environment());
    return new Daemon(name, builder.start(), log);
  }

  /** Its process id. */
  public long pid() {
    return process.pid();
  }

  /** What it has logged so far. */
  public String log() throws IOException {
    return Files.readString(log);
  }

  /**
   * Waits until {@code ready} holds.
   *
   * @throws IOException if it ends instead; the message has its log
   */
  public void await(Duration limit, Deadline.Condition<IOException> ready)
      throws IOException, InterruptedException, TimeoutException {
    Deadline.await(limit, name + " is ready", () -> !process.isAlive() || ready.holds());
    if (!process.isAlive()) {
      throw new IOException(name + " ended with " + process.exitValue() + ":\n" + log());
    }
  }

  /** Kills it at once (SIGKILL) and waits until it is gone. */
  public void kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor();
  }

  /** Asks it to end (SIGTERM), and kills it if it doesn't. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(POLITENESS.toMillis(), TimeUnit.MILLISECONDS)) {
        kill();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
