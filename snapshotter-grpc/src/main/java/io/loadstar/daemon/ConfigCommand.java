package io.loadstar.daemon;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code loadstar-snapshotter config}: what can be done with configuration files. */
final class ConfigCommand {

  /** Where the peer's is. */
  static final Path PEER_CONFIG = Path.of("/etc/containerd-stargz-grpc/config.toml");

  private ConfigCommand() {}

  /** What is to be done. */
  enum Action {

    /** Says whether the daemon would start with a file. */
    CHECK,

    /** Writes what holds with a file: all keys, explained. */
    DUMP,

    /** Writes what a file of the peer's comes to here. */
    MIGRATE
  }

  /**
   * What came of it.
   *
   * @param out for standard output
   * @param notes for standard error, a line each
   */
  record Outcome(String out, List<String> notes) {}

  /**
   * Does it.
   *
   * @param named the file; null for the usual one
   * @throws MalformedConfigurationException if the file can't be followed, with the line
   * @throws IOException if it can't be read
   */
  static Outcome run(Action action, @Nullable Path named) throws IOException {
    return switch (action) {
      case CHECK -> check(named == null ? Main.DEFAULT_CONFIG : named);
      case DUMP -> dump(named);
      case MIGRATE -> migrate(named == null ? PEER_CONFIG : named);
    };
  }

  private static Outcome check(Path file) throws IOException {
    Configuration.Read read = Configuration.read(existing(file));
    return new Outcome(file + ": ok\n", ineffective(file, read.ineffective()));
  }

  /** Without any file there are the defaults. */
  private static Outcome dump(@Nullable Path named) throws IOException {
    if (named == null && !Files.exists(Main.DEFAULT_CONFIG)) {
      return new Outcome(ConfigurationDocument.defaults(), List.of());
    }
    Path file = named == null ? Main.DEFAULT_CONFIG : existing(named);
    Configuration.Read read = Configuration.read(file);
    return new Outcome(
        ConfigurationDocument.with(TomlTable.read(file)), ineffective(file, read.ineffective()));
  }

  private static Outcome migrate(Path file) throws IOException {
    TomlTable toml = TomlTable.read(existing(file));
    var _ = Configuration.of(toml);
    List<String> notes = new ArrayList<>();
    for (TomlTable.Unknown key : toml.unknown()) {
      String why =
          PeerKeys.contains(key.path())
              ? "has no effect here"
              : "is no key of stargz-snapshotter's nor of ours";
      notes.add(file + ":" + key.line() + ": dropped " + key.path() + ", which " + why);
    }
    return new Outcome(ConfigurationDocument.with(toml), notes);
  }

  private static List<String> ineffective(Path file, List<String> keys) {
    return keys.isEmpty()
        ? List.of()
        : List.of(
            file + ": keys of stargz-snapshotter without effect here: " + String.join(", ", keys));
  }

  private static Path existing(Path file) throws IOException {
    if (!Files.exists(file)) {
      throw new IOException(file + ": no such configuration file");
    }
    return file;
  }
}
