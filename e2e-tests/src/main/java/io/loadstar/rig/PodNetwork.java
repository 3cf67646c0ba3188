package io.loadstar.rig;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * A network for pods that need none: a CNI plugin that says it has connected them. CRI runs no pod
 * in a user namespace without one, since those can't have the node's. Immutable.
 *
 * <pre>
 *   DIRECTORY/rig, loopback    the plugin, and that which containerd asks for the loopback device
 *   DIRECTORY/10-rig.conflist  its configuration
 * </pre>
 *
 * @param directory where both are looked for
 */
record PodNetwork(Path directory) {

  /** Where libcni keeps what plugins said, whatever the configuration is. */
  private static final Path CACHE = Path.of("/var/lib/cni");

  /** Of no other network; what libcni keeps of it begins so. */
  private static final String NAME = "loadstar-rig";

  private static final String CONFIGURATION =
      """
      {"cniVersion": "1.0.0", "name": "%s", "plugins": [{"type": "rig"}]}
      """
          .formatted(NAME);

  /** A result without a version is read as one of the configuration's. 192.0.2.0/24: RFC 5737. */
  private static final String PLUGIN =
      """
      #!/bin/sh
      cat >/dev/null
      case $CNI_COMMAND in
        VERSION) echo '{"cniVersion": "1.0.0", "supportedVersions": ["0.3.1", "0.4.0", "1.0.0"]}' ;;
        ADD) echo '{"interfaces": [{"name": "'"$CNI_IFNAME"'", "sandbox": "'"$CNI_NETNS"'"}],
          "ips": [{"version": "4", "address": "192.0.2.1/24", "interface": 0}]}' ;;
      esac
      """;

  /** Writes all of it. */
  void install() throws IOException {
    Files.createDirectories(directory);
    for (String name : new String[] {"rig", "loopback"}) {
      Path plugin = Files.writeString(directory.resolve(name), PLUGIN);
      Files.setPosixFilePermissions(plugin, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    Files.writeString(directory.resolve("10-rig.conflist"), CONFIGURATION);
  }

  /** Removes what libcni keeps of pods that ended with their node, and its directories if empty. */
  static void forget() throws IOException {
    Path results = CACHE.resolve("results");
    if (Files.notExists(results)) {
      return;
    }
    try (DirectoryStream<Path> ours = Files.newDirectoryStream(results, NAME + "-*")) {
      for (Path each : ours) {
        Files.deleteIfExists(each);
      }
    }
    try {
      Files.deleteIfExists(results);
      Files.deleteIfExists(CACHE);
    } catch (DirectoryNotEmptyException e) {
      // Somebody else's pods.
    }
  }
}
