package io.loadstar.registry.hosts;

import java.nio.file.Path;
import java.util.List;

/**
 * How a host and we make sure of each other. Immutable.
 *
 * @param authorities PEM files of authorities that are trusted beside the system's own
 * @param clients what is shown to a server that asks who we are
 * @param check what is asked of the server's certificate
 */
public record HostTls(List<Path> authorities, List<ClientCertificate> clients, Check check) {

  /** What is asked of a server's certificate. */
  public enum Check {
    FULL,
    /** Nothing: {@code skip_verify}. Whoever is on the way may then be the server. */
    NONE
  }

  private static final HostTls USUAL = new HostTls(List.of(), List.of(), Check.FULL);

  public HostTls {
    authorities = List.copyOf(authorities);
    clients = List.copyOf(clients);
  }

  /** The system's authorities, nothing to show. */
  public static HostTls usual() {
    return USUAL;
  }

  /** Whether nothing in particular is asked for. */
  boolean isUsual() {
    return equals(USUAL);
  }
}
