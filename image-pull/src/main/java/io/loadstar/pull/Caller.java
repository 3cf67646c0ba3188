package io.loadstar.pull;

import io.loadstar.credentials.CredentialSource;
import io.loadstar.credentials.Credentials;
import io.loadstar.credentials.Credentials.UsernamePassword;
import io.loadstar.credentials.UserCredentials;
import io.loadstar.registry.PlainHttp;
import io.loadstar.registry.RegistryAccess;
import io.loadstar.registry.hosts.ContainerdHosts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Who speaks to registries: what of a person's process and command line counts for that. Immutable.
 * It has secrets, and its text has none.
 *
 * @param registries how they are reached
 * @param login who to be at the registries that the command line speaks of; empty for what the
 *     files of credentials say
 * @param environment the process's: proxies, authorities, files of credentials, and what programs
 *     want that keep credentials
 * @param home the person's directory
 */
public record Caller(
    Registries registries,
    Optional<UsernamePassword> login,
    Map<String, String> environment,
    Path home) {

  /** Variables that name a file or a directory which counts for registries. */
  private static final List<String> PATHS =
      List.of(
          "DOCKER_CONFIG",
          "REGISTRY_AUTH_FILE",
          "XDG_RUNTIME_DIR",
          "XDG_CONFIG_HOME",
          "SSL_CERT_FILE",
          "SSL_CERT_DIR");

  /**
   * How registries are reached.
   *
   * @param hostsPath containerd's directories of hosts, separated by colons
   * @param protection what those have for which nothing else is said
   */
  public record Registries(String hostsPath, Protection protection) {

    /** The same from whatever directory. */
    Registries absolute() {
      String absolute =
          Arrays.stream(hostsPath.split(":", -1))
              .map(String::strip)
              .filter(root -> !root.isEmpty())
              .map(root -> Path.of(root).toAbsolutePath().toString())
              .collect(Collectors.joining(":"));
      return new Registries(absolute, protection);
    }
  }

  /** Whether a connection is protected. */
  public enum Protection {
    /** But for hosts on this machine. */
    TLS,
    /** Not to the registries that the command line speaks of. */
    NONE
  }

  public Caller {
    environment = Map.copyOf(environment);
  }

  /** The person whose process this is. */
  public static Caller ofProcess(Registries registries, Optional<UsernamePassword> login) {
    return new Caller(
        registries.absolute(),
        login,
        System.getenv(),
        Path.of(System.getProperty("user.home", "/")));
  }

  /**
   * How he reaches registries.
   *
   * @param hosts those that the command line speaks of, as references name them
   * @throws IllegalArgumentException if the environment names a proxy that can't be used
   */
  public RegistryAccess access(Set<String> hosts) {
    RegistryAccess access =
        RegistryAccess.of(environment, home)
            .withHosts(ContainerdHosts.of(registries.hostsPath()))
            .withPlainHttp(
                switch (registries.protection()) {
                  case TLS -> PlainHttp.loopbackOnly();
                  case NONE -> PlainHttp.hosts(hosts);
                });
    return login.isEmpty()
        ? access
        : access.withCredentials(named(login.get(), Set.copyOf(hosts), access.credentials()));
  }

  /** Whether what the variables name depends on the directory in which the process runs. */
  public boolean dependsOnDirectory() {
    return PATHS.stream()
        .map(name -> environment.getOrDefault(name, ""))
        .anyMatch(path -> !path.isEmpty() && !path.startsWith("/"));
  }

  /** The files of credentials that count. */
  public List<Path> credentialFiles() {
    return UserCredentials.files(environment, home);
  }

  private static CredentialSource named(
      UsernamePassword login, Set<String> hosts, CredentialSource others) {
    return new CredentialSource() {
      @Override
      public Credentials find(String host) throws IOException {
        return hosts.contains(host) ? login : others.find(host);
      }

      @Override
      public Credentials find(String host, String repository) throws IOException {
        return hosts.contains(host) ? login : others.find(host, repository);
      }
    };
  }

  @Override
  public String toString() {
    return "Caller[" + registries + ", home=" + home + "]";
  }
}
