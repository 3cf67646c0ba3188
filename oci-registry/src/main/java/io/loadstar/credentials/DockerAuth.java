package io.loadstar.credentials;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * One row of {@code auths} in docker's {@code config.json}, which Kubernetes' secrets have, too.
 */
final class DockerAuth {

  private DockerAuth() {}

  /**
   * Reads one.
   *
   * @param where it stands, for messages
   * @throws CredentialException if it can't be understood
   */
  static Credentials read(ObjectNode row, String where) throws CredentialException {
    String identityToken = row.path("identitytoken").asText("");
    if (!identityToken.isEmpty()) {
      return new Credentials.IdentityToken(identityToken);
    }
    String registryToken = row.path("registrytoken").asText("");
    if (!registryToken.isEmpty()) {
      return new Credentials.RegistryToken(registryToken);
    }
    String username = row.path("username").asText("");
    if (!username.isEmpty()) {
      return new Credentials.UsernamePassword(username, row.path("password").asText(""));
    }
    String encoded = row.path("auth").asText("");
    return encoded.isEmpty() ? new Credentials.Anonymous() : decode(encoded, where);
  }

  private static Credentials decode(String encoded, String where) throws CredentialException {
    String pair;
    try {
      pair = new String(Base64.getDecoder().decode(encoded.strip()), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      pair = "";
    }
    int colon = pair.indexOf(':');
    if (colon < 1) {
      throw new CredentialException(where + ": not base64 of name:password – log in again", null);
    }
    // Old dockers ended the password with a NUL.
    return new Credentials.UsernamePassword(
        pair.substring(0, colon), pair.substring(colon + 1).replace("\0", ""));
  }
}
