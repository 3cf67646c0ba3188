package io.loadstar.transport.jnr;

import static io.loadstar.linux.Errno.EPERM;

import io.loadstar.fs.ReadOnlyFileSystem;
import io.loadstar.linux.ErrnoException;
import io.loadstar.linux.Fusermount;
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

/**
 * The transport over libfuse2, by jnr-fuse and jnr-ffi. Thread-safe.
 *
 * <p>libfuse's loop isn't used: its threads aren't Java's, and each callback would attach and
 * detach one. {@link SessionThreads} of our own receive requests and let libfuse process them. Root
 * mounts by mount(2) directly, so that set-uid files and devices work and a failure has its errno.
 *
 * <p>An ordinary user mounts by {@link Fusermount}, which allows neither, and shows the mount to
 * nobody but him: others, root among them, only if /etc/fuse.conf says user_allow_other.
 */
public final class JnrFuseTransport implements FuseTransport {

  /** What libfuse2 can be asked for at once: 32 pages, since it doesn't know FUSE_MAX_PAGES. */
  static final int MAX_READ = 128 * 1024;

  /** What the mount table shows as the type; the kernel takes whatever follows "fuse.". */
  private static final String TYPE = "fuse.loadstar";

  /** For the kernel's first request, which comes at once: the bound is for a machine that swaps. */
  private static final Duration INIT_BOUND = Duration.ofSeconds(10);

  /**
   * Loads libfuse and what calls it, which takes a second on a busy machine: otherwise the first
   * mount does, and its caller waits.
   *
   * @throws IOException if libfuse2 isn't installed
   */
  public void load() throws IOException {
    LoadedLibFuse.get();
  }

  @Override
  public FuseMount mount(ReadOnlyFileSystem fileSystem, MountSpec spec) throws IOException {
    Path place = MountPlace.free(spec.mountPoint());
    LoadedLibFuse library = LoadedLibFuse.get();
    LibFuseSession session =
        isRoot() ? mountAsRoot(library, place, spec) : mountAsUser(library, place, spec);
    SessionThreads threads = new SessionThreads(session, fileSystem, place, spec.maxThreads());
    try {
      return started(spec.mountPoint(), place, threads);
    } catch (IOException | RuntimeException | Error e) {
      giveUp(place, threads, e);
      throw e;
    }
  }

  private static boolean isRoot() throws IOException {
    return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
  }

  private static LibFuseSession mountAsRoot(LoadedLibFuse library, Path place, MountSpec spec)
      throws IOException {
    int fd = MountPlace.openDevice();
    LibFuseSession session = LibFuseSession.create(library, fd);
    try {
      Libc.get().mount(spec.source(), place, TYPE, Libc.MS_RDONLY, kernelOptions(fd));
      return session;
    } catch (ErrnoException e) {
      session.destroy();
      throw new IOException(e.getMessage() + (e.errno() == EPERM ? " (needs root)" : ""), e);
    }
  }

  /** The device comes with the mount here. If there is no session, closing it ends the mount. */
  private static LibFuseSession mountAsUser(LoadedLibFuse library, Path place, MountSpec spec)
      throws IOException {
    String others = Fusermount.mayAllowOthers() ? ",allow_other" : "";
    String options =
        "ro,default_permissions,subtype=loadstar,fsname="
            + spec.source()
            + ",max_read="
            + MAX_READ
            + others;
    int fd = Fusermount.mount(place, options);
    try {
      return LibFuseSession.create(library, fd);
    } catch (IOException e) {
      Fusermount.unmount(place);
      throw e;
    }
  }

  private static FuseMount started(Path mountPoint, Path place, SessionThreads threads)
      throws IOException {
    threads.start();
    try {
      if (!threads.awaitInitialised(INIT_BOUND)) {
        throw new IOException(
            "mount " + place + ": no answer from the kernel in " + INIT_BOUND.toSeconds() + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("mount " + place + ": interrupted");
    }
    MountTable.Entry entry = MountTable.read().at(place);
    if (entry == null || !entry.type().equals(TYPE)) {
      throw new IOException("mount " + place + ": somebody has unmounted it already");
    }
    return ConnectedMount.of(new ConnectedMount.Place(mountPoint, place), entry, threads);
  }

  private static void giveUp(Path place, SessionThreads threads, Throwable reason) {
    try {
      MountPlace.detach(place);
    } catch (IOException e) {
      reason.addSuppressed(e);
    }
    threads.end();
  }

  /** Root's mode is that of a directory (040000): the kernel wants no more. */
  private static String kernelOptions(int fd) {
    return "fd="
        + fd
        + ",rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions,max_read="
        + MAX_READ;
  }
}
