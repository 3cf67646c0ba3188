package io.loadstar.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
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

  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout CALL_STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      CALL_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
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
      MemorySegment state = arena.allocate(CALL_STATE);
      MemorySegment name = arena.allocateFrom(path.toString());
      int fd = (int) calls.open.invokeExact(state, name, flags);
      return checked(fd, state, "open " + path);
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  /**
   * close(2). The descriptor is gone even if this throws.
   *
   * @throws ErrnoException if the kernel complains
   */
  public void close(int fd) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(CALL_STATE);
      checked((int) calls.close.invokeExact(state, fd), state, "close " + fd);
    } catch (Throwable e) {
      throw failure(e);
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
      MemorySegment state = arena.allocate(CALL_STATE);
      int result =
          (int)
              calls.mount.invokeExact(
                  state,
                  arena.allocateFrom(source),
                  arena.allocateFrom(target.toString()),
                  arena.allocateFrom(type),
                  flags,
                  arena.allocateFrom(data));
      checked(result, state, "mount " + type + " on " + target);
    } catch (Throwable e) {
      throw failure(e);
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
      MemorySegment state = arena.allocate(CALL_STATE);
      MemorySegment name = arena.allocateFrom(target.toString());
      checked((int) calls.umount2.invokeExact(state, name, flags), state, "unmount " + target);
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  private static int checked(int result, MemorySegment state, String attempted)
      throws ErrnoException {
    if (result < 0) {
      throw new ErrnoException(attempted, (int) ERRNO.get(state, 0L));
    }
    return result;
  }

  /** A handle may throw anything, so the compiler says; it throws nothing but what is here. */
  private static ErrnoException failure(Throwable thrown) {
    return switch (thrown) {
      case ErrnoException e -> e;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(thrown);
    };
  }

  /** The calls themselves; each takes first where errno goes. */
  private record Calls(
      MethodHandle open, MethodHandle close, MethodHandle mount, MethodHandle umount2) {

    static Calls link() {
      return new Calls(
          // open's mode is variadic, and only wanted where a file is created.
          handle(
              "open",
              FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT),
              Linker.Option.firstVariadicArg(2)),
          handle("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT)),
          handle(
              "mount",
              FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS)),
          handle("umount2", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT)));
    }

    private static MethodHandle handle(
        String name, FunctionDescriptor descriptor, Linker.Option... options) {
      Linker.Option[] all = new Linker.Option[options.length + 1];
      all[0] = Linker.Option.captureCallState("errno");
      System.arraycopy(options, 0, all, 1, options.length);
      return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor, all);
    }
  }
}
