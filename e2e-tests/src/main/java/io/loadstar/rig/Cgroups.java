package io.loadstar.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The control groups of this machine: of version 2, or one tree for each controller. */
final class Cgroups {

  private static final Path ROOT = Path.of("/sys/fs/cgroup");

  private Cgroups() {}

  /**
   * Removes a group without processes, in every tree that has it, with those directly below.
   *
   * @param path from the trees' roots, with a slash in front
   */
  static void remove(String path) throws IOException {
    List<Path> trees = new ArrayList<>(List.of(ROOT));
    try (var directories = Files.newDirectoryStream(ROOT, Files::isDirectory)) {
      directories.forEach(trees::add);
    }
    for (Path tree : trees) {
      Path group = tree.resolve(path.substring(1));
      if (Files.isDirectory(group)) {
        try (var children = Files.newDirectoryStream(group, Files::isDirectory)) {
          for (Path child : children) {
            Files.delete(child);
          }
        }
        Files.delete(group); // rmdir(2): the files in it are the kernel's
      }
    }
  }
}
