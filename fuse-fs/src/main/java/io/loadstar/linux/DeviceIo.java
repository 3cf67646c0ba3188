package io.loadstar.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * read(2), write(2) and ioctl(2) on a descriptor, for who does nothing else all day: no objects,
 * addresses instead of segments, errno as a negative result. Thread-safe; may block in the kernel.
 */
@SuppressWarnings("restricted")
public final class DeviceIo {

  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout CALL_STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      CALL_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final FunctionDescriptor TRANSFER =
      FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle READ = handle("read", TRANSFER);
  private static final MethodHandle WRITE = handle("write", TRANSFER);
  private static final MethodHandle IOCTL =
      handle(
          "ioctl",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS),
          Linker.Option.firstVariadicArg(2));

  /** How many bytes a call needs for its errno, which the caller brings: aligned to 8. */
  public static final long ERRNO_SIZE = CALL_STATE.byteSize();

  private DeviceIo() {}

  /**
   * read(2).
   *
   * @param errno {@link #ERRNO_SIZE} bytes of native memory of the caller's own
   * @param address where {@code length} bytes may be written
   * @return how many bytes were read, 0 at the end, or a negative errno
   */
  public static long read(MemorySegment errno, int fd, long address, long length) {
    try {
      long count = (long) READ.invokeExact(errno, fd, address, length);
      return count < 0 ? -(int) ERRNO.get(errno, 0L) : count;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /**
   * write(2).
   *
   * @param errno as in {@link #read}
   * @param address where {@code length} bytes are
   * @return how many bytes were written, or a negative errno
   */
  public static long write(MemorySegment errno, int fd, long address, long length) {
    try {
      long count = (long) WRITE.invokeExact(errno, fd, address, length);
      return count < 0 ? -(int) ERRNO.get(errno, 0L) : count;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /**
   * ioctl(2) with a pointer.
   *
   * @param errno as in {@link #read}
   * @param argument what {@code request} takes
   * @return the call's result, or a negative errno
   */
  public static int ioctl(MemorySegment errno, int fd, long request, MemorySegment argument) {
    try {
      int result = (int) IOCTL.invokeExact(errno, fd, request, argument);
      return result < 0 ? -(int) ERRNO.get(errno, 0L) : result;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** A handle may throw anything, so the compiler says; these throw nothing of their own. */
  private static RuntimeException unexpected(Throwable thrown) {
    return switch (thrown) {
      case RuntimeException e -> e;
      case Error e -> throw e;
      default -> new IllegalStateException(thrown);
    };
  }

  private static MethodHandle handle(
      String name, FunctionDescriptor descriptor, Linker.Option... options) {
    Linker.Option[] all = new Linker.Option[options.length + 1];
    all[0] = Linker.Option.captureCallState("errno");
    System.arraycopy(options, 0, all, 1, options.length);
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor, all);
  }
}
