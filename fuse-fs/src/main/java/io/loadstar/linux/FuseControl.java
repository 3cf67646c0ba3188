package io.loadstar.linux;

import java.io.IOException;
import java.nio.file.Files;
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
   * Aborts a connection; does nothing if there is none of that number.
   *
   * @param connection its number: the minor number of the mount's st_dev
   * @throws IOException if this process may not
   */
  public static void abort(int connection) throws IOException {
    MountTable.Entry usual = MountTable.read().at(USUAL_PLACE);
    if (usual != null && usual.type().equals("fusectl")) {
      abort(USUAL_PLACE, connection);
      return;
    }
    Path directory = Files.createTempDirectory("fusectl");
    try {
      Libc.get().mount("fusectl", directory, "fusectl", 0, "");
      try {
        abort(directory, connection);
      } finally {
        Libc.get().unmount(directory, Libc.MNT_DETACH | Libc.UMOUNT_NOFOLLOW);
      }
    } finally {
      Files.delete(directory);
    }
  }

  private static void abort(Path connections, int connection) throws IOException {
    Path abort = connections.resolve(Integer.toString(connection)).resolve("abort");
    if (Files.exists(abort)) {
      Files.write(abort, new byte[] {'1'}, StandardOpenOption.WRITE);
    }
  }
}
