package io.loadstar.cli;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * How registries are reached, mixed into each command that speaks to one. Nothing of the registry
 * client stands in a signature here, since picocli looks at each of them: {@link
 * RegistryConnection} makes one.
 */
public final class RegistryOptions {

  @Option(
      names = "--plain-http",
      description = "Speak HTTP without TLS; to hosts on this machine that is always done.")
  private boolean plainHttp;

  @Option(
      names = "--user",
      paramLabel = "NAME[:PASSWORD]",
      description =
          "Who to be at the registry; a password that isn't given here is taken from"
              + " LOADSTAR_PASSWORD or asked for. Without it the docker configuration is used.")
  private @Nullable String user;

  @Option(
      names = "--hosts-dir",
      paramLabel = "DIR",
      description =
          "Where containerd's hosts.toml files are: mirrors and certificates by registry"
              + " (default: ${DEFAULT-VALUE}).",
      defaultValue = "/etc/containerd/certs.d")
  private String hostsDirectory = "";

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
