package io.loadstar.registry;

/**
 * A host that serves the same content as a registry. Immutable.
 *
 * @param host its name, with its port if it has one
 * @param protection how it is spoken to
 */
public record Mirror(String host, Protection protection) {

  /** Whether bytes travel under TLS. */
  public enum Protection {
    /** TLS, unless plain HTTP is allowed for the host. */
    TLS,
    /** Plain HTTP, because the configuration says {@code insecure}. */
    NONE
  }
}
