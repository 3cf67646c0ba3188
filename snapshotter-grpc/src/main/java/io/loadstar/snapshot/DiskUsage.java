package io.loadstar.snapshot;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Measures a tree that may change meanwhile. Not thread-safe.
 *
 * <p>Counts sizes rounded up to blocks of 4 KiB: how many blocks a file really has isn't to be had
 * from the platform, so a sparse file counts in full. A directory whose path is too long to be
 * opened counts without what is in it.
 */
final class DiskUsage {

  private static final long BLOCK = 4096;
  private static final String ATTRIBUTES = "unix:size,ino,dev,nlink,isDirectory";

  private final Deque<Path> unvisited = new ArrayDeque<>();
  private final Set<FileId> linked = new HashSet<>();
  private long size;
  private long inodes;

  private DiskUsage() {}

  /**
   * What {@code tree} takes, the directory itself included; nothing if it isn't there.
   *
   * @throws IOException if it can't be read
   */
  static Usage of(Path tree) throws IOException {
    DiskUsage usage = new DiskUsage();
    usage.add(tree);
    while (!usage.unvisited.isEmpty()) {
      usage.visit(usage.unvisited.removeLast());
    }
    return new Usage(usage.size, usage.inodes);
  }

  private void visit(Path directory) throws IOException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        add(entry);
      }
    } catch (NoSuchFileException e) {
      return; // Gone since it was listed.
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    } catch (FileSystemException e) {
      if (directory.toString().length() < TreeRemoval.LONGEST_SAFE_PATH) {
        throw e;
      }
    }
  }

  private void add(Path path) throws IOException {
    Map<String, Object> attributes;
    try {
      attributes = Files.readAttributes(path, ATTRIBUTES, LinkOption.NOFOLLOW_LINKS);
    } catch (NoSuchFileException e) {
      return;
    } catch (FileSystemException e) {
      if (path.toString().length() < TreeRemoval.LONGEST_SAFE_PATH) {
        throw e;
      }
      return;
    }
    boolean directory = Boolean.TRUE.equals(attributes.get("isDirectory"));
    if (directory) {
      unvisited.add(path);
    } else if (number(attributes, "nlink") > 1
        && !linked.add(new FileId(number(attributes, "dev"), number(attributes, "ino")))) {
      return;
    }
    size += (number(attributes, "size") + BLOCK - 1) / BLOCK * BLOCK;
    inodes++;
  }

  private static long number(Map<String, Object> attributes, String name) {
    return attributes.get(name) instanceof Number number ? number.longValue() : 0;
  }

  private record FileId(long device, long inode) {}
}
