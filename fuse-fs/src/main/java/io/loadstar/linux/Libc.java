package io.loadstar.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * The few calls into libc that the JDK doesn't offer. Thread-safe.
 *
 * <p>They may block in the kernel, so they belong on platform threads. Constants are those of
 * x86-64 and aarch64 alike (asm-generic/fcntl.h, linux/mount.h).
 */
@SuppressWarnings("restricted")
public final class Libc {

  public static final int O_RDWR = 2;
  public static final int O_CLOEXEC = 02000000;

  public static final long MS_RDONLY = 1;

  /** umount2(2): go away from the tree at once, and for good when nobody uses it any more. */
  public static final int MNT_DETACH = 2;

  /** umount2(2): don't follow a symbolic link that stands in the mount point's place. */
  public static final int UMOUNT_NOFOLLOW = 8;

  private static final Libc INSTANCE = new Libc(Calls.link());

  private final Calls calls;

  private Libc(Calls calls) {
    this.calls = calls;
  }

  public static Libc get() {
    return INSTANCE;
  }

  /**
   * open(2) of something that exists.
   *
   * @return a file descriptor, which the caller closes
   * @throws ErrnoException if the kernel refuses
   */
  public int open(Path path, int flags) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(NativeCalls.STATE);
      MemorySegment name = arena.allocateFrom(path.toString());
      int fd = (int) calls.open.invokeExact(state, name, flags);
      return (int) NativeCalls.checked(fd, state, "open " + path);
    } catch (Throwable e) {
      throw NativeCalls.failure(e);
    }
  }

  /**
   * close(2). The descriptor is gone even if this throws.
   *
   * @throws ErrnoException if the kernel complains
   */
  public void close(int fd) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(NativeCalls.STATE);
      NativeCalls.checked((int) calls.close.invokeExact(state, fd), state, "close " + fd);
    } catch (Throwable e) {
      throw NativeCalls.failure(e);
    }
  }

  /**
   * mount(2).
   *
   * @param flags {@link #MS_RDONLY} and its like
   * @param data the file system's own options
   * @throws ErrnoException if the kernel refuses
   */
  public void mount(String source, Path target, String type, long flags, String data)
      throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(NativeCalls.STATE);
      int result =
          (int)
              calls.mount.invokeExact(
                  state,
                  arena.allocateFrom(source),
                  arena.allocateFrom(target.toString()),
                  arena.allocateFrom(type),
                  flags,
                  arena.allocateFrom(data));
      NativeCalls.checked(result, state, "mount " + type + " on " + target);
    } catch (Throwable e) {
      throw NativeCalls.failure(e);
    }
  }

  /**
   * umount2(2).
   *
   * @param flags {@link #MNT_DETACH}, {@link #UMOUNT_NOFOLLOW}
   * @throws ErrnoException EBUSY if it is in use, EINVAL if nothing is mounted there
   */
  public void unmount(Path target, int flags) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(NativeCalls.STATE);
      MemorySegment name = arena.allocateFrom(target.toString());
      NativeCalls.checked(
          (int) calls.umount2.invokeExact(state, name, flags), state, "unmount " + target);
    } catch (Throwable e) {
      throw NativeCalls.failure(e);
    }
  }

  /** The calls themselves; each takes first where errno goes. */
  private record Calls(
      MethodHandle open, MethodHandle close, MethodHandle mount, MethodHandle umount2) {

    static Calls link() {
      return new Calls(
          // open's mode is variadic, and only wanted where a file is created.
          NativeCalls.handle(
              "open",
              FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT),
              Linker.Option.firstVariadicArg(2)),
          NativeCalls.handle("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT)),
          NativeCalls.handle(
              "mount",
              FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS)),
          NativeCalls.handle("umount2", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT)));
    }
  }
}
