package io.loadstar.cli;

import io.loadstar.credentials.CredentialSource;
import io.loadstar.credentials.Credentials;
import io.loadstar.credentials.Credentials.UsernamePassword;
import io.loadstar.credentials.UserCredentials;
import io.loadstar.registry.PlainHttp;
import io.loadstar.registry.RegistryAccess;
import io.loadstar.registry.RegistryClient;
import io.loadstar.registry.hosts.ContainerdHosts;
import java.io.Console;
import java.io.IOException;
import java.util.Set;

/** Makes a registry client out of what was said on the command line. */
public final class RegistryConnection {

  private static final String PASSWORD_VARIABLE = "LOADSTAR_PASSWORD";

  private RegistryConnection() {}

  /**
   * A client; the caller closes it.
   *
   * @param hosts the registries that {@code --user} speaks of, as references name them
   * @throws CommandException if a password is needed and there is nobody to ask
   */
  public static RegistryClient open(RegistryOptions options, Set<String> hosts)
      throws CommandException {
    RegistryAccess access = defaults().withHosts(ContainerdHosts.of(options.hostsDirectory()));
    if (options.plainHttp()) {
      access = access.withPlainHttp(PlainHttp.hosts(hosts));
    }
    if (options.user().isPresent()) {
      access = access.withCredentials(credentials(options.user().get(), Set.copyOf(hosts)));
    }
    return new RegistryClient(access);
  }

  private static RegistryAccess defaults() throws CommandException {
    try {
      return RegistryAccess.defaults();
    } catch (IllegalArgumentException e) {
      throw new CommandException(
          "environment", String.valueOf(e.getMessage()), "set it right, or unset it");
    }
  }

  private static CredentialSource credentials(String user, Set<String> hosts)
      throws CommandException {
    int colon = user.indexOf(':');
    String name = colon < 0 ? user : user.substring(0, colon);
    String password = colon < 0 ? password(name) : user.substring(colon + 1);
    Credentials named = new UsernamePassword(name, password);
    CredentialSource others = UserCredentials.ofProcess();
    return new CredentialSource() {
      @Override
      public Credentials find(String host) throws IOException {
        return hosts.contains(host) ? named : others.find(host);
      }

      @Override
      public Credentials find(String host, String repository) throws IOException {
        return hosts.contains(host) ? named : others.find(host, repository);
      }
    };
  }

  @SuppressWarnings("SystemConsoleNull") // it may be null again from JDK 25 on
  private static String password(String name) throws CommandException {
    String given = System.getenv(PASSWORD_VARIABLE);
    if (given != null) {
      return given;
    }
    Console console = System.console();
    if (console != null && console.isTerminal()) {
      char[] typed = console.readPassword("Password for %s: ", name);
      if (typed != null) {
        return new String(typed);
      }
    }
    throw new CommandException(
        "user " + name,
        "no password",
        "set " + PASSWORD_VARIABLE + " or write " + name + ":PASSWORD");
  }
}
