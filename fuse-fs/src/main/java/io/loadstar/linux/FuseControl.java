package io.loadstar.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The kernel's switch that ends a FUSE connection: the file system "fusectl" (Linux,
 * Documentation/filesystems/fuse). Thread-safe.
 *
 * <p>A connection outlives its mount point as long as anything holds it: an open file, an overlay
 * above it, a copy in another mount namespace. Aborting it answers whoever waits with an error.
 */
public final class FuseControl {

  private static final Path USUAL_PLACE = Path.of("/sys/fs/fuse/connections");

  private FuseControl() {}

  /**
   * Aborts a connection.
   *
   * @param connection its number: the minor number of the mount's st_dev
   * @return whether there was one of that number
   * @throws IOException if this process may not
   */
  public static boolean abort(int connection) throws IOException {
    return within(connections -> {
      Path abort = connections.resolve(connection + "/abort");
      if (!Files.exists(abort)) {
        return false;
      }
      Files.write(abort, new byte[] {'1'}, StandardOpenOption.WRITE);
      return true;
    });
  }

  /**
   * How many requests of a connection nobody has answered yet; 0 if there is no such connection.
   *
   * @throws IOException if this process may not ask
   */
  public static int waiting(int connection) throws IOException {
    return within(connections -> {
      Path waiting = connections.resolve(connection + "/waiting");
      try {
        String count = Files.exists(waiting) ? Files.readString(waiting).strip() : "";
        return count.isEmpty() ? 0 : Integer.parseInt(count); // empty: it ends at this moment
      } catch (NoSuchFileException e) {
        return 0;
      }
    });
  }

  @FunctionalInterface
  private interface Use<T> {
    T of(Path connections) throws IOException;
  }

  /** Where it isn't mounted, it is, for a moment, in a place of its own. */
  private static <T> T within(Use<T> use) throws IOException {
    MountTable.Entry usual = MountTable.read().at(USUAL_PLACE);
    if (usual != null && usual.type().equals("fusectl")) {
      return use.of(USUAL_PLACE);
    }
    Path directory = Files.createTempDirectory("fusectl");
    try {
      Libc.get().mount("fusectl", directory, "fusectl", 0, "");
      try {
        return use.of(directory);
      } finally {
        Libc.get().unmount(directory, Libc.MNT_DETACH | Libc.UMOUNT_NOFOLLOW);
      }
    } finally {
      Files.delete(directory);
    }
  }
}
