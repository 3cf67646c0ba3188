package io.loadstar.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * read(2), write(2) and ioctl(2) on a descriptor, for who does nothing else all day: no objects,
 * addresses instead of segments, errno as a negative result. Thread-safe; may block in the kernel.
 */
@SuppressWarnings("restricted")
public final class DeviceIo {

  private static final FunctionDescriptor TRANSFER =
      FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle READ = NativeCalls.handle("read", TRANSFER);
  private static final MethodHandle WRITE = NativeCalls.handle("write", TRANSFER);
  private static final MethodHandle IOCTL =
      NativeCalls.handle(
          "ioctl",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS),
          Linker.Option.firstVariadicArg(2));

  /** How many bytes a call needs for its errno, which the caller brings: aligned to 8. */
  public static final long ERRNO_SIZE = NativeCalls.STATE.byteSize();

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
      return count < 0 ? -NativeCalls.errno(errno) : count;
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
      return count < 0 ? -NativeCalls.errno(errno) : count;
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
      return result < 0 ? -NativeCalls.errno(errno) : result;
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
}
