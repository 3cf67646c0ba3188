package io.loadstar.snapshot;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;

/**
 * Deletes a tree of any depth. Not thread-safe.
 *
 * <p>A container may make directories deeper than a path can name. So nothing descends: each
 * directory's sub directories are moved up to the top, and only then is it deleted; no path is ever
 * longer than the top's and two names. What is on another device is a mount, and isn't touched.
 */
final class TreeRemoval {

  /** PATH_MAX of limits.h (4096) less NAME_MAX (255) and a slash. */
  static final int LONGEST_SAFE_PATH = 4096 - 255 - 1;

  private static final String MOVED = "loadstar-moved-";

  private final Path top;
  private final long device;
  private long moved;

  private TreeRemoval(Path top) throws IOException {
    this.top = top;
    this.device = device(top);
  }

  /**
   * Deletes {@code top} and all that is in it; that nothing is there is no error.
   *
   * @throws IOException if something can't be deleted, or something is mounted in it
   */
  static void remove(Path top) throws IOException {
    if (!Files.isDirectory(top, LinkOption.NOFOLLOW_LINKS)) {
      Files.deleteIfExists(top);
      return;
    }
    TreeRemoval removal = new TreeRemoval(top);
    while (removal.round()) {
      // Each round empties what the one before has moved up.
    }
    Files.delete(top);
  }

  /** Deletes what the top holds; says whether that brought up more. */
  private boolean round() throws IOException {
    long before = moved;
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(top)) {
      for (Path entry : entries) {
        if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
          empty(entry);
        }
        Files.delete(entry);
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return moved > before;
  }

  private void empty(Path directory) throws IOException {
    if (device(directory) != device) {
      throw new IOException(directory + ": something is mounted there");
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
          moveUp(entry);
        } else {
          Files.delete(entry);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }

  private void moveUp(Path directory) throws IOException {
    Path target;
    do {
      target = top.resolve(MOVED + moved++);
    } while (Files.exists(target, LinkOption.NOFOLLOW_LINKS));
    Files.move(directory, target, StandardCopyOption.ATOMIC_MOVE);
  }

  private static long device(Path path) throws IOException {
    Map<String, Object> attributes =
        Files.readAttributes(path, "unix:dev", LinkOption.NOFOLLOW_LINKS);
    return attributes.get("dev") instanceof Number number ? number.longValue() : -1;
  }
}
