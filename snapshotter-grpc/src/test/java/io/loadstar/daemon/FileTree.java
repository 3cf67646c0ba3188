package io.loadstar.daemon;

import io.loadstar.blob.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Describes a tree so that two can be compared. */
final class FileTree {

  private FileTree() {}

  /** By relative path: mode, owner, time, links, and what the content is. */
  static SortedMap<String, String> of(Path root) throws IOException {
    SortedMap<String, String> tree = new TreeMap<>();
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : (Iterable<Path>) paths::iterator) {
        tree.put(root.relativize(path).toString(), describe(path));
      }
    }
    return tree;
  }

  private static String describe(Path path) throws IOException {
    Map<String, Object> attributes =
        Files.readAttributes(
            path, "unix:mode,uid,gid,nlink,isDirectory", LinkOption.NOFOLLOW_LINKS);
    long seconds =
        Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS).toInstant().getEpochSecond();
    String content = "";
    if (Files.isSymbolicLink(path)) {
      content = Files.readSymbolicLink(path).toString();
    } else if (Files.isRegularFile(path)) {
      content = Digest.of(Files.readAllBytes(path)).toString();
    }
    return new TreeMap<>(attributes) + " " + seconds + " " + content;
  }
}
