package io.loadstar.transport.kernel;

import static io.loadstar.linux.Errno.EPERM;

import io.loadstar.fs.ReadOnlyFileSystem;
import io.loadstar.linux.ErrnoException;
import io.loadstar.linux.Libc;
import io.loadstar.linux.MountTable;
import io.loadstar.transport.ConnectedMount;
import io.loadstar.transport.FuseMount;
import io.loadstar.transport.FuseTransport;
import io.loadstar.transport.MountPlace;
import io.loadstar.transport.MountSpec;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The transport that speaks the kernel's protocol itself, over /dev/fuse; it needs root and Linux
 * 5.4. Thread-safe.
 */
public final class KernelFuseTransport implements FuseTransport {

  /** What the mount table shows as the type; the kernel takes whatever follows "fuse.". */
  private static final String TYPE = "fuse.loadstar";

  /** For the kernel's first request, which comes at once: the bound is for a machine that swaps. */
  private static final Duration INIT_BOUND = Duration.ofSeconds(10);

  /** The kernel hands out one request at a time: more threads than cores bring nothing. */
  private static final int THREADS = Math.clamp(Runtime.getRuntime().availableProcessors(), 2, 4);

  private static final Pattern VERSION = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})");

  private final KernelOptions options;
  private final FramePool frames = new FramePool();
  private final Watchdog watchdog;

  /** One with these options, which hold for all its mounts. */
  public KernelFuseTransport(KernelOptions options) {
    this.options = options;
    this.watchdog = new Watchdog(options.stuckAfter());
  }

  /**
   * Why it can't run here; empty if it can. Looks at the user, the kernel and /dev/fuse, and mounts
   * nothing.
   */
  public static Optional<String> obstacle() {
    try {
      if (!Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))) {
        return Optional.of("it needs root");
      }
      String release = Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip();
      if (!isNewEnough(release)) {
        return Optional.of("it needs Linux 5.4, and this is " + release);
      }
      new FuseDevice(MountPlace.openDevice()).letGo();
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  /** Whether "6.18.1-something" is 5.4 or later; a name that isn't a version is taken for new. */
  static boolean isNewEnough(String release) {
    Matcher version = VERSION.matcher(release);
    if (!version.lookingAt()) {
      return true;
    }
    int major = Integer.parseInt(version.group(1));
    return major > 5 || (major == 5 && Integer.parseInt(version.group(2)) >= 4);
  }

  /**
   * Why the kernel can't be handed files that are in {@code directory}; empty if it can. Mounts an
   * empty file system beside them for a moment. Blocks: not for a virtual thread.
   *
   * @param directory an existing one, that of the content store
   */
  public Optional<String> passthroughObstacle(Path directory) {
    return new PassthroughProbe(this).obstacle(directory);
  }

  @Override
  public FuseMount mount(ReadOnlyFileSystem fileSystem, MountSpec spec) throws IOException {
    return connect(fileSystem, spec).mount;
  }

  /** A live mount and what is behind it. */
  record Connected(FuseMount mount, KernelConnection connection) {}

  Connected connect(ReadOnlyFileSystem fileSystem, MountSpec spec) throws IOException {
    Path place = MountPlace.free(spec.mountPoint());
    FuseDevice device = new FuseDevice(MountPlace.openDevice());
    Agreement.Terms terms =
        new Agreement.Terms(
            options.kernelFlags(),
            spec.passthrough() == MountSpec.Passthrough.WHOLE_FILES,
            options.bareXattrs());
    KernelConnection connection =
        new KernelConnection(
            device,
            fileSystem,
            new KernelConnection.Setting(place, spec.maxThreads(), terms, frames, watchdog));
    try {
      Libc.get().mount(spec.source(), place, TYPE, Libc.MS_RDONLY, kernelOptions(device.fd()));
    } catch (ErrnoException e) {
      device.letGo();
      throw new IOException(e.getMessage() + (e.errno() == EPERM ? " (needs root)" : ""), e);
    }
    try {
      ConnectedMount.Place at = new ConnectedMount.Place(spec.mountPoint(), place);
      return new Connected(started(at, connection), connection);
    } catch (IOException | RuntimeException | Error e) {
      giveUp(place, connection, e);
      throw e;
    }
  }

  private FuseMount started(ConnectedMount.Place at, KernelConnection connection)
      throws IOException {
    watchdog.watch(connection);
    connection.start(THREADS);
    try {
      if (connection.awaitInitialised(INIT_BOUND) == null) {
        throw new IOException(
            "mount "
                + at.place()
                + ": the kernel speaks another protocol (it needs Linux 5.4), or doesn't answer");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("mount " + at.place() + ": interrupted");
    }
    MountTable.Entry entry = MountTable.read().at(at.place());
    if (entry == null || !entry.type().equals(TYPE)) {
      throw new IOException("mount " + at.place() + ": somebody has unmounted it already");
    }
    connection.mountedAs(entry);
    ReadAhead.raise(entry);
    return ConnectedMount.of(at, entry, connection);
  }

  private static void giveUp(Path place, KernelConnection connection, Throwable reason) {
    try {
      Libc.get().unmount(place, Libc.MNT_DETACH | Libc.UMOUNT_NOFOLLOW);
    } catch (ErrnoException e) {
      reason.addSuppressed(e);
    }
    connection.end();
  }

  /** Root's mode is that of a directory (040000): the kernel wants no more. */
  private static String kernelOptions(int fd) {
    return "fd="
        + fd
        + ",rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions,max_read="
        + Agreement.MAX_READ;
  }
}
