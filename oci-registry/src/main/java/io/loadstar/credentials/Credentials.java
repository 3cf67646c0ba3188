package io.loadstar.credentials;

/**
 * What proves to a registry who is asking. Immutable. Secrets are in no {@code toString}, so that
 * they come into no log and no message.
 */
public sealed interface Credentials {

  /** No proof: whatever the registry gives to anyone. */
  record Anonymous() implements Credentials {}

  /**
   * A name and a password.
   *
   * @param username the name
   * @param password the password or access token
   */
  record UsernamePassword(String username, String password) implements Credentials {
    @Override
    public String toString() {
      return "UsernamePassword[username=" + username + "]";
    }
  }

  /**
   * A refresh token, which the token server exchanges for access.
   *
   * @param token the token
   */
  record IdentityToken(String token) implements Credentials {
    @Override
    public String toString() {
      return "IdentityToken[]";
    }
  }

  /**
   * A bearer token that the registry itself takes.
   *
   * @param token the token
   */
  record RegistryToken(String token) implements Credentials {
    @Override
    public String toString() {
      return "RegistryToken[]";
    }
  }
}
