package io.loadstar.transport;

import static io.loadstar.linux.Errno.EACCES;
import static io.loadstar.linux.Errno.ENODEV;
import static io.loadstar.linux.Errno.ENOENT;
import static io.loadstar.linux.Errno.EPERM;

import io.loadstar.linux.ErrnoException;
import io.loadstar.linux.Libc;
import io.loadstar.linux.MountTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What has to be there before anything is mounted, whatever the transport. */
public final class MountPlace {

  private static final Path DEVICE = Path.of("/dev/fuse");

  private MountPlace() {}

  /**
   * The mount point as the mount table will show it. Looks there first: it touches no mount.
   *
   * @throws IOException if it isn't an empty directory on which nothing is mounted
   */
  public static Path free(Path mountPoint) throws IOException {
    if (MountTable.read().at(mountPoint.normalize()) != null) {
      throw new IOException("mount on " + mountPoint + ": something is mounted there already");
    }
    if (!Files.isDirectory(mountPoint)) {
      throw new IOException("mount on " + mountPoint + ": not a directory");
    }
    Path place = mountPoint.toRealPath();
    if (MountTable.read().at(place) != null) {
      throw new IOException("mount on " + place + ": something is mounted there already");
    }
    try (Stream<Path> content = Files.list(place)) {
      if (content.findAny().isPresent()) {
        throw new IOException("mount on " + place + ": the directory isn't empty");
      }
    }
    return place;
  }

  /**
   * Opens the device that a mount's requests come from.
   *
   * @return a file descriptor, which the caller closes
   * @throws IOException if there is none, or this process may not; the message says the remedy
   */
  public static int openDevice() throws IOException {
    try {
      return Libc.get().open(DEVICE, Libc.O_RDWR | Libc.O_CLOEXEC);
    } catch (ErrnoException e) {
      String remedy =
          switch (e.errno()) {
            case ENOENT, ENODEV ->
                " (load the module: modprobe fuse; a container needs --device " + DEVICE + ")";
            case EPERM, EACCES -> " (needs root, and the device allowed by the container's cgroup)";
            default -> "";
          };
      throw new IOException(e.getMessage() + remedy, e);
    }
  }
}
