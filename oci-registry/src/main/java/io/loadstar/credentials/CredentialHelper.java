package io.loadstar.credentials;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.loadstar.oci.JsonDocument;
import io.loadstar.oci.MalformedDocumentException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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

  /** Where programs are if nothing is said: confstr(_CS_PATH), and where people install them. */
  private static final String USUAL_PATH = "/usr/local/bin:/usr/bin:/bin";

  /** The name under which a helper gives a refresh token. */
  private static final String TOKEN_USER = "<token>";

  /** What a helper says, with exit status 1, when it has nothing: part of its protocol. */
  private static final String NOTHING = "credentials not found in native keychain";

  private final String program;
  private final Map<String, String> environment;

  private CredentialHelper(String program, Map<String, String> environment) {
    this.program = program;
    this.environment = environment;
  }

  /**
   * The helper that docker's config calls {@code name}.
   *
   * @param environment its environment, in whose PATH it is
   */
  static CredentialHelper named(String name, Map<String, String> environment)
      throws CredentialException {
    if (!NAME.matcher(name).matches()) {
      throw new CredentialException("credential helper \"" + name + "\" has no usable name", null);
    }
    return program(find("docker-credential-" + name, environment).toString(), environment);
  }

  static CredentialHelper program(String program, Map<String, String> environment) {
    return new CredentialHelper(program, environment);
  }

  /** A process of another environment is started by the PATH of this one: hence by hand. */
  private static Path find(String program, Map<String, String> environment)
      throws CredentialException {
    for (String directory : environment.getOrDefault("PATH", USUAL_PATH).split(":", -1)) {
      Path candidate = Path.of(directory, program);
      if (candidate.isAbsolute()
          && Files.isRegularFile(candidate)
          && Files.isExecutable(candidate)) {
        return candidate;
      }
    }
    throw new CredentialException(program + " can't be started – is it there?", null);
  }

  Credentials get(String server) throws CredentialException {
    AskedProgram.Answer answer =
        new AskedProgram(List.of(program, "get"), environment, TIME_LIMIT)
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
