package io.loadstar.daemon;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What the configuration says of credentials beside docker's configuration. Immutable.
 *
 * @param cri the image service that they are learnt from, if they are
 */
record Keychains(Optional<Cri> cri) {

  static final Keychains NONE = new Keychains(Optional.empty());

  private static final String CONTAINERD = "/run/containerd/containerd.sock";

  /**
   * CRI's image service, in front of containerd's.
   *
   * @param containerd the socket where that answers
   * @param address a socket of its own; empty for the daemon's
   */
  record Cri(Path containerd, Optional<Path> address) {}

  /**
   * What a document says of them.
   *
   * @throws MalformedConfigurationException if it can't be followed, with the line
   */
  static Keychains of(TomlTable toml) throws MalformedConfigurationException {
    return new Keychains(cri(toml.table("cri_keychain")));
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
}
