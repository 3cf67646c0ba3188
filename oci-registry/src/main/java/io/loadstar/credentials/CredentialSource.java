package io.loadstar.credentials;

import java.io.IOException;
import java.util.List;

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

  /**
   * The credentials for one repository of a registry, where some repositories have their own.
   *
   * @param host as for {@link #find(String)}
   * @param repository its path in the registry, without tag or digest
   * @throws IOException as {@link #find(String)}
   */
  default Credentials find(String host, String repository) throws IOException {
    return find(host);
  }

  /**
   * All credentials that fit a repository, the best first; none of them is anonymous.
   *
   * @param host as for {@link #find(String)}
   * @param repository as for {@link #find(String, String)}
   * @throws IOException as {@link #find(String)}
   */
  default List<Credentials> all(String host, String repository) throws IOException {
    Credentials best = find(host, repository);
    return best instanceof Credentials.Anonymous ? List.of() : List.of(best);
  }

  /**
   * Is told that a server has refused what was found here for a repository.
   *
   * @return whether {@link #find(String, String)} may give something else now
   */
  default boolean refused(String host, String repository, Credentials credentials) {
    return false;
  }

  /**
   * Whether a server has refused, not long ago, what was found here for a repository: then there
   * may be none only for that reason.
   */
  default boolean hasRefused(String host, String repository) {
    return false;
  }

  /** What the first of them has that has any. */
  static CredentialSource firstOf(List<CredentialSource> sources) {
    return new CredentialChain(sources);
  }

  /** Nobody, everywhere. */
  static CredentialSource anonymous() {
    return host -> new Credentials.Anonymous();
  }
}
