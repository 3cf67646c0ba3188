package io.loadstar.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.io.Closeable;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * An open directory, and what can be made in it. Thread-safe until it is closed; closed by who
 * opened it. Its calls may block in the kernel.
 *
 * <p>A name is one component, in UTF-8 whatever the process's locale says, and is never followed if
 * it is a symbolic link; "." is the directory itself. So nothing outside can be reached, whoever
 * chose the names.
 */
public final class DirectoryHandle implements Closeable {

  private static final int O_WRONLY = 1;
  private static final int O_CREAT = 0100;
  private static final int O_EXCL = 0200;
  private static final int O_PATH = 010000000;

  /** The flags whose numbers differ: asm/fcntl.h of arm64, and asm-generic/fcntl.h. */
  private static final boolean ARM = System.getProperty("os.arch", "").equals("aarch64");

  private static final int O_DIRECTORY = ARM ? 040000 : 0200000;
  private static final int O_NOFOLLOW = ARM ? 0100000 : 0400000;

  private static final int AT_FDCWD = -100;
  private static final int AT_SYMLINK_NOFOLLOW = 0x100;

  /** asm-generic/unistd.h, and the same on x86-64. */
  private static final long SYS_OPENAT2 = 437;

  /** linux/openat2.h: the directory is the root of all that is resolved. */
  private static final long RESOLVE_IN_ROOT = 0x10;

  private static final long OPEN_HOW_BYTES = 3 * Long.BYTES;

  /** linux/stat.h: STATX_BASIC_STATS, and where in struct statx what we want stands. */
  private static final int STATX_BASIC_STATS = 0x7ff;

  private static final long STATX_BYTES = 256;
  private static final long STX_NLINK = 16;
  private static final long STX_UID = 20;
  private static final long STX_GID = 24;
  private static final long STX_MODE = 28;

  private static final int PRIVATE = 0600;

  /** The longest name of an attribute with its prefix, and value: linux/limits.h. */
  private static final int XATTR_SIZE_MAX = 65536;

  private static final DirectoryCalls CALLS = DirectoryCalls.link();

  private final int fd;
  private final String shown;

  private DirectoryHandle(int fd, String shown) {
    this.fd = fd;
    this.shown = shown;
  }

  /**
   * Opens {@code directory}, which isn't a symbolic link.
   *
   * @throws ErrnoException if the kernel refuses
   */
  public static DirectoryHandle open(Path directory) throws ErrnoException {
    String path = directory.toString();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(NativeCalls.STATE);
      int flags = O_DIRECTORY | O_NOFOLLOW | Libc.O_CLOEXEC;
      int fd = (int) CALLS.openat().invokeExact(state, AT_FDCWD, text(arena, path, path), flags, 0);
      NativeCalls.checked(fd, state, "open " + path);
      return new DirectoryHandle(fd, path);
    } catch (Throwable e) {
      throw NativeCalls.failure(e);
    }
  }

  /**
   * Opens a directory below as if this were the root: symbolic links on the way lead to where they
   * would, seen from here, and never out. Linux 5.6.
   *
   * @param path components between slashes, or "" for this directory
   * @throws ErrnoException ENOENT if it isn't there, ENOTDIR if it isn't a directory, ENOSYS if the
   *     kernel can't
   */
  public DirectoryHandle openBeneath(String path) throws ErrnoException {
    String attempted = "open " + shown + "/" + path;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(NativeCalls.STATE);
      MemorySegment how = arena.allocate(OPEN_HOW_BYTES, Long.BYTES);
      how.setAtIndex(JAVA_LONG, 0, O_PATH | O_DIRECTORY | Libc.O_CLOEXEC);
      how.setAtIndex(JAVA_LONG, 2, RESOLVE_IN_ROOT);
      MemorySegment name = text(arena, path.isEmpty() ? "." : path, attempted);
      long opened =
          (long) CALLS.openat2().invokeExact(state, SYS_OPENAT2, fd, name, how, OPEN_HOW_BYTES);
      NativeCalls.checked(opened, state, attempted);
      return new DirectoryHandle((int) opened, shown + "/" + path);
    } catch (Throwable e) {
      throw NativeCalls.failure(e);
    }
  }

  /**
   * What has that name; empty if nothing has.
   *
   * @throws ErrnoException if that can't be found out
   */
  public Optional<FileStatus> status(String name) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(NativeCalls.STATE);
      MemorySegment statx = arena.allocate(STATX_BYTES, Long.BYTES);
      int result =
          (int)
              CALLS
                  .statx()
                  .invokeExact(
                      state,
                      fd,
                      component(arena, name),
                      AT_SYMLINK_NOFOLLOW,
                      STATX_BASIC_STATS,
                      statx);
      NativeCalls.checked(result, state, "stat " + shown(name));
      return Optional.of(
          new FileStatus(
              Short.toUnsignedInt(statx.get(JAVA_SHORT_UNALIGNED, STX_MODE)),
              statx.get(JAVA_INT_UNALIGNED, STX_UID),
              statx.get(JAVA_INT_UNALIGNED, STX_GID),
              Integer.toUnsignedLong(statx.get(JAVA_INT_UNALIGNED, STX_NLINK))));
    } catch (Throwable e) {
      ErrnoException failure = NativeCalls.failure(e);
      if (failure.errno() == Errno.ENOENT) {
        return Optional.empty();
      }
      throw failure;
    }
  }

  /**
   * mkdirat(2); permissions are narrowed by the umask.
   *
   * @throws ErrnoException EEXIST if something has that name, or as the kernel refuses
   */
  public void makeDirectory(String name, int permissions) throws ErrnoException {
    call(
        "mkdir",
        name,
        (state, arena) ->
            (int) CALLS.mkdirat().invokeExact(state, fd, component(arena, name), permissions));
  }

  /**
   * Makes a file, which only its owner may use.
   *
   * @return its content; the caller closes it
   * @throws ErrnoException as {@link #makeDirectory}
   */
  public OutputStream makeFile(String name) throws ErrnoException {
    int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | Libc.O_CLOEXEC;
    long opened =
        call(
            "create",
            name,
            (state, arena) ->
                (int)
                    CALLS.openat().invokeExact(state, fd, component(arena, name), flags, PRIVATE));
    return new DescriptorOutput((int) opened, shown(name));
  }

  /**
   * mknodat(2).
   *
   * @param mode one of {@link FileStatus}'s types, with permissions
   * @param device as {@link DeviceNumber} packs it
   * @throws ErrnoException as {@link #makeDirectory}
   */
  public void makeNode(String name, int mode, long device) throws ErrnoException {
    call(
        "mknod",
        name,
        (state, arena) ->
            (int) CALLS.mknodat().invokeExact(state, fd, component(arena, name), mode, device));
  }

  /**
   * symlinkat(2).
   *
   * @throws ErrnoException as {@link #makeDirectory}
   */
  public void makeSymlink(String name, String target) throws ErrnoException {
    call(
        "symlink",
        name,
        (state, arena) ->
            (int)
                CALLS
                    .symlinkat()
                    .invokeExact(
                        state, text(arena, target, shown(name)), fd, component(arena, name)));
  }

  /**
   * linkat(2): gives what {@code from} has as {@code old} the name {@code name} as well.
   *
   * @throws ErrnoException as {@link #makeDirectory}
   */
  public void link(DirectoryHandle from, String old, String name) throws ErrnoException {
    call(
        "link",
        name,
        (state, arena) ->
            (int)
                CALLS
                    .linkat()
                    .invokeExact(
                        state, from.fd, component(arena, old), fd, component(arena, name), 0));
  }

  /**
   * renameat(2).
   *
   * @throws ErrnoException if the kernel refuses
   */
  public void move(String name, DirectoryHandle to, String as) throws ErrnoException {
    call(
        "rename",
        name,
        (state, arena) ->
            (int)
                CALLS
                    .renameat()
                    .invokeExact(state, fd, component(arena, name), to.fd, component(arena, as)));
  }

  /**
   * fchownat(2); takes set-user-ID and set-group-ID away from what can be executed.
   *
   * @throws ErrnoException if the kernel refuses
   */
  public void giveTo(String name, int uid, int gid) throws ErrnoException {
    call(
        "chown",
        name,
        (state, arena) ->
            (int)
                CALLS
                    .fchownat()
                    .invokeExact(state, fd, component(arena, name), uid, gid, AT_SYMLINK_NOFOLLOW));
  }

  /**
   * fchmodat(2), of what isn't a symbolic link: the caller has looked.
   *
   * @throws ErrnoException if the kernel refuses
   */
  public void permit(String name, int permissions) throws ErrnoException {
    call(
        "chmod",
        name,
        (state, arena) ->
            (int) CALLS.fchmodat().invokeExact(state, fd, component(arena, name), permissions, 0));
  }

  /**
   * lsetxattr(2), by way of /proc, since the call that takes a directory is Linux 6.13's.
   *
   * @param value at most 64 KiB
   * @throws ErrnoException EOPNOTSUPP if the file system has no such attributes, or as the kernel
   *     refuses
   */
  public void setXattr(String name, String key, byte[] value) throws ErrnoException {
    String attempted = "set " + key + " of " + name;
    if (value.length > XATTR_SIZE_MAX) {
      throw new ErrnoException(attempted, Errno.ERANGE);
    }
    call(
        "set " + key + " of",
        name,
        (state, arena) -> {
          component(arena, name);
          MemorySegment path = text(arena, "/proc/self/fd/" + fd + "/" + name, attempted);
          MemorySegment bytes = arena.allocate(Math.max(1, value.length));
          MemorySegment.copy(value, 0, bytes, JAVA_BYTE, 0, value.length);
          return (int)
              CALLS
                  .lsetxattr()
                  .invokeExact(
                      state, path, text(arena, key, attempted), bytes, (long) value.length, 0);
        });
  }

  /**
   * utimensat(2): both times.
   *
   * @throws ErrnoException if the kernel refuses
   */
  public void setTimes(String name, Instant time) throws ErrnoException {
    call(
        "set the time of",
        name,
        (state, arena) -> {
          MemorySegment times = arena.allocate(4 * Long.BYTES, Long.BYTES);
          for (int i = 0; i < 4; i += 2) {
            times.setAtIndex(JAVA_LONG, i, time.getEpochSecond());
            times.setAtIndex(JAVA_LONG, i + 1L, (long) time.getNano());
          }
          return (int)
              CALLS
                  .utimensat()
                  .invokeExact(state, fd, component(arena, name), times, AT_SYMLINK_NOFOLLOW);
        });
  }

  /**
   * syncfs(2): all that was written to the file system of this directory is on its disk then. Not
   * for what {@link #openBeneath} opened.
   *
   * @throws ErrnoException if it isn't
   */
  public void sync() throws ErrnoException {
    call("sync", ".", (state, arena) -> (int) CALLS.syncfs().invokeExact(state, fd));
  }

  private long call(String verb, String name, Call call) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(NativeCalls.STATE);
      return NativeCalls.checked(call.invoke(state, arena), state, verb + " " + shown(name));
    } catch (Throwable e) {
      throw NativeCalls.failure(e);
    }
  }

  private MemorySegment component(Arena arena, String name) throws ErrnoException {
    if (name.isEmpty() || name.indexOf('/') >= 0 || name.equals("..")) {
      throw new ErrnoException(shown(name) + ": not one name", Errno.EINVAL);
    }
    return text(arena, name, shown(name));
  }

  /** A zero byte would end it early, and name something else. */
  private static MemorySegment text(Arena arena, String text, String attempted)
      throws ErrnoException {
    if (text.indexOf('\0') >= 0) {
      throw new ErrnoException(attempted + ": a zero byte in it", Errno.EINVAL);
    }
    return arena.allocateFrom(text);
  }

  private String shown(String name) {
    return shown + "/" + name;
  }

  @Override
  public void close() throws ErrnoException {
    Libc.get().close(fd);
  }

  @Override
  public String toString() {
    return shown;
  }

  /** One call. */
  @FunctionalInterface
  private interface Call {
    long invoke(MemorySegment state, Arena arena) throws Throwable;
  }
}
