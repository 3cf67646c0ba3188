package io.loadstar.cli;

import io.loadstar.credentials.Credentials.UsernamePassword;
import io.loadstar.pull.Caller;
import io.loadstar.registry.RegistryClient;
import java.io.Console;
import java.util.Optional;
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
    return open(caller(options), hosts);
  }

  /** As above, for who is known. */
  static RegistryClient open(Caller caller, Set<String> hosts) throws CommandException {
    try {
      return new RegistryClient(caller.access(hosts));
    } catch (IllegalArgumentException e) {
      throw new CommandException(
          "environment", String.valueOf(e.getMessage()), "set it right, or unset it");
    }
  }

  /**
   * Who speaks to registries.
   *
   * @throws CommandException if a password is needed and there is nobody to ask
   */
  static Caller caller(RegistryOptions options) throws CommandException {
    Caller.Protection protection =
        options.plainHttp() ? Caller.Protection.NONE : Caller.Protection.TLS;
    Optional<String> user = options.user();
    return Caller.ofProcess(
        new Caller.Registries(options.hostsDirectory(), protection),
        user.isPresent() ? Optional.of(login(user.get())) : Optional.empty());
  }

  private static UsernamePassword login(String user) throws CommandException {
    int colon = user.indexOf(':');
    String name = colon < 0 ? user : user.substring(0, colon);
    String password = colon < 0 ? password(name) : user.substring(colon + 1);
    return new UsernamePassword(name, password);
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
