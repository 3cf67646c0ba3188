package io.loadstar.credentials;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A program that is asked one thing on its standard input and answers on its standard output. What
 * it writes elsewhere is dropped, since it may have secrets. Immutable.
 *
 * @param words its command line
 * @param environment all that is set for it
 * @param limit how long it may take
 */
record AskedProgram(List<String> words, Map<String, String> environment, Duration limit) {

  private static final int MAX_ANSWER_BYTES = 1 << 20;

  AskedProgram {
    words = List.copyOf(words);
    environment = Map.copyOf(environment);
  }

  /**
   * How it ended.
   *
   * @param status its exit status
   * @param output what it wrote; never in a message, since it may be a secret
   */
  record Answer(int status, String output) {
    @Override
    public String toString() {
      return "Answer[" + status + "]";
    }
  }

  /**
   * Runs it. Nothing of it is left when this returns.
   *
   * @throws CredentialException if it can't be started, answers too much or takes too long
   */
  Answer ask(byte[] question) throws CredentialException {
    Process process = start();
    try {
      try (OutputStream in = process.getOutputStream()) {
        in.write(question);
      } catch (IOException e) {
        // It may have answered without reading; what it answers decides.
      }
      long deadline = System.nanoTime() + limit.toNanos();
      String output = new String(output(process), StandardCharsets.UTF_8);
      if (!process.waitFor(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
        throw new CredentialException(name() + " has answered but doesn't end", null);
      }
      return new Answer(process.exitValue(), output);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CredentialException("interrupted while waiting for " + name(), e);
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private Process start() throws CredentialException {
    ProcessBuilder builder =
        new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().clear();
    builder.environment().putAll(environment);
    try {
      return builder.start();
    } catch (IOException e) {
      throw new CredentialException(name() + " can't be started – is it there?", e);
    }
  }

  private byte[] output(Process process) throws CredentialException, InterruptedException {
    CompletableFuture<byte[]> output = new CompletableFuture<>();
    Thread.ofVirtual()
        .name(name())
        .start(() -> {
          try (InputStream out = process.getInputStream()) {
            output.complete(out.readNBytes(MAX_ANSWER_BYTES + 1));
          } catch (IOException e) {
            output.completeExceptionally(e);
          }
        });
    byte[] bytes;
    try {
      bytes = output.get(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new CredentialException(
          name() + " hasn't answered in " + limit.toMillis() / 1000.0 + " s", e);
    } catch (ExecutionException e) {
      throw new CredentialException(name() + "'s answer can't be read", e.getCause());
    }
    if (bytes.length > MAX_ANSWER_BYTES) {
      throw new CredentialException(
          name() + " answers more than " + MAX_ANSWER_BYTES + " bytes", null);
    }
    return bytes;
  }

  private String name() {
    return words.getFirst();
  }
}
