package io.loadstar.daemon;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What the configuration says of credentials beside docker's configuration. Immutable.
 *
 * @param cri the image service that they are learnt from, if they are
 * @param plugins a kubelet's credential providers, if they are asked
 * @param cluster whose pull secrets are used, if any are
 */
record Keychains(Optional<Cri> cri, Optional<Plugins> plugins, Optional<Cluster> cluster) {

  static final Keychains NONE = new Keychains(Optional.empty(), Optional.empty(), Optional.empty());

  private static final String CONTAINERD = "/run/containerd/containerd.sock";

  /**
   * CRI's image service, in front of containerd's.
   *
   * @param containerd the socket where that answers
   * @param address a socket of its own; empty for the daemon's
   */
  record Cri(Path containerd, Optional<Path> address) {}

  /**
   * A kubelet's credential providers.
   *
   * @param config the file that names them
   * @param programs the directory where they are
   */
  record Plugins(Path config, Path programs) {}

  /**
   * A Kubernetes cluster.
   *
   * @param kubeconfig how it is reached; empty for where Kubernetes' clients look for that
   */
  record Cluster(Optional<Path> kubeconfig) {}

  /**
   * What a document says of them.
   *
   * @throws MalformedConfigurationException if it can't be followed, with the line
   */
  static Keychains of(TomlTable toml) throws MalformedConfigurationException {
    return new Keychains(
        cri(toml.table("cri_keychain")),
        plugins(toml.table("kubelet_credential_providers")),
        cluster(toml.table("kubeconfig_keychain")));
  }

  private static Optional<Plugins> plugins(TomlTable table) throws MalformedConfigurationException {
    Optional<Path> config = path(table, "config_path");
    Optional<Path> programs = path(table, "bin_dir");
    if (config.isPresent() != programs.isPresent()) {
      String missing = config.isPresent() ? "bin_dir" : "config_path";
      throw table.malformed(missing, "must be given as well, or neither");
    }
    return config.map(file -> new Plugins(file, programs.orElseThrow()));
  }

  private static Optional<Cluster> cluster(TomlTable table) throws MalformedConfigurationException {
    Cluster cluster = new Cluster(path(table, "kubeconfig_path"));
    return table.flag("enable_keychain", false) ? Optional.of(cluster) : Optional.empty();
  }

  private static Optional<Cri> cri(TomlTable table) throws MalformedConfigurationException {
    Path containerd = socket(table, "image_service_path").orElse(Path.of(CONTAINERD));
    Cri cri = new Cri(containerd, socket(table, "listen_path"));
    return table.flag("enable_keychain", false) ? Optional.of(cri) : Optional.empty();
  }

  /** The peer's files may have an empty string for what holds without it, or name the scheme. */
  private static Optional<Path> socket(TomlTable table, String key)
      throws MalformedConfigurationException {
    String text = table.text(key, "");
    String path = text.startsWith("unix://") ? text.substring("unix://".length()) : text;
    return path.isEmpty() ? Optional.empty() : Optional.of(table.absolute(key, path));
  }

  private static Optional<Path> path(TomlTable table, String key)
      throws MalformedConfigurationException {
    String text = table.text(key, "");
    return text.isEmpty() ? Optional.empty() : Optional.of(table.absolute(key, text));
  }
}
