package io.loadstar.credentials;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.loadstar.oci.JsonDocument;
import io.loadstar.oci.MalformedDocumentException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A program {@code docker-credential-NAME} that keeps credentials. Asked by {@code get} with the
 * server on its standard input, it answers {@code {"ServerURL", "Username", "Secret"}} on its
 * standard output. Source: docker-credential-helpers' protocol. Immutable.
 */
final class CredentialHelper {

  private static final Duration TIME_LIMIT = Duration.ofSeconds(30);
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

  Credentials get(String server) throws CredentialException {
    AskedProgram.Answer answer =
        new AskedProgram(List.of(program, "get"), Map.of(), TIME_LIMIT)
            .ask(server.getBytes(StandardCharsets.UTF_8));
    if (answer.status() == 0) {
      return read(answer.output());
    }
    if (answer.output().strip().equals(NOTHING)) {
      return new Credentials.Anonymous();
    }
    throw new CredentialException(
        program
            + " has failed for "
            + server
            + " with status "
            + answer.status()
            + " – run it by hand",
        null);
  }

  private Credentials read(String answer) throws CredentialException {
    ObjectNode json;
    try {
      json = JsonDocument.parse(answer.getBytes(StandardCharsets.UTF_8), program);
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
