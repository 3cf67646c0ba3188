package io.loadstar.transport;

import static io.loadstar.linux.Errno.EACCES;
import static io.loadstar.linux.Errno.EBUSY;
import static io.loadstar.linux.Errno.EINVAL;
import static io.loadstar.linux.Errno.ENODEV;
import static io.loadstar.linux.Errno.ENOENT;
import static io.loadstar.linux.Errno.EPERM;

import io.loadstar.linux.ErrnoException;
import io.loadstar.linux.Fusermount;
import io.loadstar.linux.Libc;
import io.loadstar.linux.MountTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Where something is mounted or is to be: what all transports do there alike. */
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

  /**
   * Unmounts what is mounted at {@code place}, at once or, if it is in use, when nobody uses it any
   * more: an ordinary user by fusermount.
   *
   * @throws IOException if that can't be done; nothing there is no error
   */
  public static void unmount(Path place) throws IOException {
    try {
      Libc.get().unmount(place, Libc.UMOUNT_NOFOLLOW);
    } catch (ErrnoException e) {
      switch (e.errno()) {
        case EBUSY -> detach(place);
        case EINVAL -> {
          // Nothing is mounted there any more.
        }
        case EPERM -> Fusermount.unmount(place);
        default -> throw e;
      }
    }
  }

  /** As {@link #unmount}, but doesn't look whether it is in use. */
  public static void detach(Path place) throws IOException {
    try {
      Libc.get().unmount(place, Libc.MNT_DETACH | Libc.UMOUNT_NOFOLLOW);
    } catch (ErrnoException e) {
      if (e.errno() != EPERM) {
        throw e;
      }
      Fusermount.unmount(place);
    }
  }
}
