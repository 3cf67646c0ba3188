package io.loadstar.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What a {@link PrivateNode} needs of the machine. */
public final class Prerequisites {

  private static final List<String> PROGRAMS =
      List.of("containerd", "ctr", "runc", "docker-registry", "tar", "gzip", "getfattr");
  private static final List<Path> DIRECTORIES =
      List.of(
          Path.of("/usr/bin"),
          Path.of("/usr/sbin"),
          Path.of("/bin"),
          Path.of("/sbin"),
          Path.of("/usr/local/bin"),
          Path.of("/usr/local/sbin"));

  private Prerequisites() {}

  /** Why no node can be started here, in plain words; empty if one can. */
  public static Optional<String> missing() {
    if (!"root".equals(System.getProperty("user.name"))) {
      return Optional.of("needs root");
    }
    if (!Files.isWritable(Path.of("/dev/fuse"))) {
      return Optional.of("needs /dev/fuse");
    }
    for (String program : PROGRAMS) {
      if (!isInstalled(program)) {
        return Optional.of("needs the program " + program);
      }
    }
    try {
      return Checkout.found().isBuilt()
          ? Optional.empty()
          : Optional.of("needs bin/build to have been run");
    } catch (IOException e) {
      return Optional.of("needs a checkout: " + e.getMessage());
    }
  }

  /** Whether a program of this name is in one of the system's directories. */
  public static boolean isInstalled(String program) {
    return DIRECTORIES.stream()
        .anyMatch(directory -> Files.isExecutable(directory.resolve(program)));
  }
}
