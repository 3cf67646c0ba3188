package io.loadstar.credentials;

import java.io.IOException;

/** Knows who we are to which registry. Thread-safe. */
@FunctionalInterface
public interface CredentialSource {

  /**
   * The credentials for a registry, {@link Credentials.Anonymous} where there are none.
   *
   * @param host the registry as references name it ({@code docker.io}), with its port if it has one
   * @throws IOException if the place where credentials are kept can't be read
   */
  Credentials find(String host) throws IOException;

  /** Nobody, everywhere. */
  static CredentialSource anonymous() {
    return host -> new Credentials.Anonymous();
  }
}
