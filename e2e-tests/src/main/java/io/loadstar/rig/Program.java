package io.loadstar.rig;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A program that runs to its end. Immutable.
 *
 * @param words the command line
 * @param environment what is set beside the caller's own environment
 * @param limit after this it is killed
 */
public record Program(List<String> words, Map<String, String> environment, Duration limit) {

  private static final Duration DEFAULT_LIMIT = Duration.ofMinutes(2);

  public Program {
    words = List.copyOf(words);
    environment = Map.copyOf(environment);
  }

  /** A command line, in the caller's environment, with two minutes' time. */
  public static Program of(String... words) {
    return new Program(List.of(words), Map.of(), DEFAULT_LIMIT);
  }

  /** {@code sh -c script}: for a pipe between two programs. */
  public static Program shell(String script) {
    return of("bash", "-o", "pipefail", "-c", script);
  }

  /** The same with {@code more} words at the end. */
  public Program with(List<String> more) {
    List<String> all = new ArrayList<>(words);
    all.addAll(more);
    return new Program(all, environment, limit);
  }

  /** The same with {@code name} set in its environment. */
  public Program where(String name, String value) {
    Map<String, String> all = new HashMap<>(environment);
    all.put(name, value);
    return new Program(words, all, limit);
  }

  /** The same with all of these set in its environment. */
  public Program where(Map<String, String> more) {
    Map<String, String> all = new HashMap<>(environment);
    all.putAll(more);
    return new Program(words, all, limit);
  }

  /** The same with another limit. */
  public Program within(Duration other) {
    return new Program(words, environment, other);
  }

  /**
   * Starts it; the caller has to wait for it or to end it. Its input is empty.
   *
   * @throws IOException if there is no such program
   */
  public Process start() throws IOException {
    return builder().redirectInput(Path.of("/dev/null").toFile()).start();
  }

  /**
   * Runs it to its end.
   *
   * @return how it ended, whatever the status
   * @throws IOException if there is no such program
   * @throws TimeoutException if it was killed at its limit
   */
  public Finished run() throws IOException, InterruptedException, TimeoutException {
    Process process = start();
    FutureTask<String> out = reading(process.getInputStream());
    FutureTask<String> err = reading(process.getErrorStream());
    try {
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new TimeoutException(
            String.join(" ", words) + " hasn't ended within " + limit.toSeconds() + " s");
      }
      return new Finished(words, process.exitValue(), out.get(), err.get());
    } catch (ExecutionException e) {
      throw new IOException("can't read what " + words.getFirst() + " says", e.getCause());
    } finally {
      process.destroyForcibly();
    }
  }

  /**
   * Runs it and hands out what it printed.
   *
   * @throws ProgramFailedException if its status isn't 0
   */
  public String output() throws IOException, InterruptedException, TimeoutException {
    return run().succeeded().out();
  }

  private ProcessBuilder builder() {
    ProcessBuilder builder = new ProcessBuilder(words);
    builder.environment().putAll(environment);
    return builder;
  }

  private static FutureTask<String> reading(InputStream stream) {
    FutureTask<String> text =
        new FutureTask<>(() -> {
          try (stream) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
    Thread.ofVirtual().start(text);
    return text;
  }
}
