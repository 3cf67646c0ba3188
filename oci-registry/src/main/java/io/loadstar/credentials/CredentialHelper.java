package io.loadstar.credentials;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.loadstar.oci.JsonDocument;
import io.loadstar.oci.MalformedDocumentException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;

/**
 * A program {@code docker-credential-NAME} that keeps credentials. Asked by {@code get} with the
 * server on its standard input, it answers {@code {"ServerURL", "Username", "Secret"}} on its
 * standard output. Source: docker-credential-helpers' protocol. Immutable.
 */
final class CredentialHelper {

  private static final Duration TIME_LIMIT = Duration.ofSeconds(30);
  private static final int MAX_ANSWER_BYTES = 1 << 20;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

  /** The name under which a helper gives a refresh token. */
  private static final String TOKEN_USER = "<token>";

  /** What a helper says, with exit status 1, when it has nothing: part of its protocol. */
  private static final String NOTHING = "credentials not found in native keychain";

  private final String program;

  private CredentialHelper(String program) {
    this.program = program;
  }

  /** The helper that docker's config calls {@code name}, in the PATH. */
  static CredentialHelper named(String name) throws CredentialException {
    if (!NAME.matcher(name).matches()) {
      throw new CredentialException("credential helper \"" + name + "\" has no usable name", null);
    }
    return program("docker-credential-" + name);
  }

  static CredentialHelper program(String program) {
    return new CredentialHelper(program);
  }

  Credentials get(String server) throws IOException {
    Process process = start();
    try {
      try (OutputStream in = process.getOutputStream()) {
        in.write(server.getBytes(StandardCharsets.UTF_8));
      } catch (IOException e) {
        // It may have answered without reading; what it answers decides.
      }
      byte[] answer = answer(process);
      if (!process.waitFor(TIME_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        throw new CredentialException(program + " has answered but doesn't end", null);
      }
      int status = process.exitValue();
      if (status == 0) {
        return read(answer);
      }
      if (new String(answer, StandardCharsets.UTF_8).strip().equals(NOTHING)) {
        return new Credentials.Anonymous();
      }
      throw new CredentialException(
          program + " has failed for " + server + " with status " + status + " – run it by hand",
          null);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CredentialException("interrupted while waiting for " + program, e);
    } finally {
      process.destroyForcibly();
    }
  }

  private Process start() throws CredentialException {
    try {
      return new ProcessBuilder(program, "get")
          .redirectError(ProcessBuilder.Redirect.DISCARD)
          .start();
    } catch (IOException e) {
      throw new CredentialException(
          "docker's config names the credential helper " + program + ", which isn't in PATH", e);
    }
  }

  private byte[] answer(Process process) throws IOException, InterruptedException {
    CompletableFuture<byte[]> answer = new CompletableFuture<>();
    Thread.ofVirtual()
        .name(program)
        .start(() -> {
          try (InputStream out = process.getInputStream()) {
            answer.complete(out.readNBytes(MAX_ANSWER_BYTES));
          } catch (IOException e) {
            answer.completeExceptionally(e);
          }
        });
    try {
      return answer.get(TIME_LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new CredentialException(
          program + " hasn't answered in " + TIME_LIMIT.toSeconds() + " s", e);
    } catch (ExecutionException e) {
      throw new CredentialException(program + "'s answer can't be read", e.getCause());
    }
  }

  private Credentials read(byte[] answer) throws CredentialException {
    ObjectNode json;
    try {
      json = JsonDocument.parse(answer, program);
    } catch (MalformedDocumentException e) {
      // Not as the cause: a parser's message may quote the secret.
      throw new CredentialException(program + "'s answer isn't JSON – run it by hand", null);
    }
    String username = json.path("Username").asText("");
    String secret = json.path("Secret").asText("");
    if (secret.isEmpty()) {
      return new Credentials.Anonymous();
    }
    return username.equals(TOKEN_USER)
        ? new Credentials.IdentityToken(secret)
        : new Credentials.UsernamePassword(username, secret);
  }
}
