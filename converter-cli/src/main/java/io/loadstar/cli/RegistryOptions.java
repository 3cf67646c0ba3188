package io.loadstar.cli;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/**
 * How registries are reached, mixed into each command that speaks to one. Nothing of the registry
 * client stands in a signature here, since picocli looks at each of them: {@link
 * RegistryConnection} makes one.
 */
public final class RegistryOptions {

  private static final String PLAIN_HTTP = "--plain-http";
  private static final String PLAIN_HTTP_TEXT =
      "Speak HTTP without TLS; to hosts on this machine that is always done.";
  private static final String USER = "--user";
  private static final String USER_VALUE = "NAME[:PASSWORD]";
  private static final String USER_TEXT =
      "Who to be at the registry; a password that isn't given here is taken from"
          + " LOADSTAR_PASSWORD or asked for. Without it the docker configuration is used.";
  private static final String HOSTS = "--hosts-dir";
  private static final String HOSTS_VALUE = "DIR";
  private static final String HOSTS_DEFAULT = "/etc/containerd/certs.d";
  private static final String HOSTS_TEXT =
      "Where containerd's hosts.toml files are: mirrors and certificates by registry"
          + " (default: ${DEFAULT-VALUE}).";

  @Option(names = PLAIN_HTTP, description = PLAIN_HTTP_TEXT)
  private boolean plainHttp;

  @Option(names = USER, paramLabel = USER_VALUE, description = USER_TEXT)
  private @Nullable String user;

  @Option(
      names = HOSTS,
      paramLabel = HOSTS_VALUE,
      description = HOSTS_TEXT,
      defaultValue = HOSTS_DEFAULT)
  private String hostsDirectory = "";

  /** The same without annotations. */
  void addTo(CommandSpec spec) {
    spec.addOption(
        Described.option(boolean.class, PLAIN_HTTP)
            .setter(Described.flag(value -> plainHttp = value))
            .description(PLAIN_HTTP_TEXT)
            .build());
    spec.addOption(
        Described.option(String.class, USER)
            .paramLabel(USER_VALUE)
            .setter(Described.word(value -> user = value))
            .description(USER_TEXT)
            .build());
    spec.addOption(
        Described.option(String.class, HOSTS)
            .paramLabel(HOSTS_VALUE)
            .defaultValue(HOSTS_DEFAULT)
            .setter(Described.word(value -> hostsDirectory = value))
            .description(HOSTS_TEXT)
            .build());
  }

  /** As containerd's config_path: one directory, or several with colons between. */
  String hostsDirectory() {
    return hostsDirectory;
  }

  boolean plainHttp() {
    return plainHttp;
  }

  Optional<String> user() {
    return Optional.ofNullable(user);
  }
}
