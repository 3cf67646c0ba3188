package io.loadstar.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;

/**
 * A file that is opened, read and closed again in one go: for who reads many files once each and
 * wants no objects made for it. Thread-safe; waits for a local disk, so it belongs on platform
 * threads.
 *
 * <p>It doesn't say why something failed. Who wants to know opens the file in the ordinary way.
 */
@SuppressWarnings("restricted")
public final class FileOnce {

  /** {@link #read}: the file can't be opened or read. */
  public static final int FAILED = -1;

  private static final int O_RDONLY = 0;

  /** Reading changes no inode then: only for the file's owner and root (open(2)). */
  private static final int O_NOATIME = 01000000;

  private static final Linker LINKER = Linker.nativeLinker();

  // open's mode is variadic, and only wanted where a file is created.
  private static final MethodHandle OPEN =
      handle(
          "open",
          FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT),
          Linker.Option.firstVariadicArg(2));
  private static final MethodHandle PREAD =
      handle(
          "pread64", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle FUTIMENS =
      handle("futimens", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
  private static final MethodHandle CLOSE =
      handle("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  private FileOnce() {}

  /**
   * Reads from {@code offset} of a file until {@code destination} is full or the file ends; its
   * position moves by that.
   *
   * @param path direct; its bytes from 0 to its limit are the path, a zero byte the last of them
   * @param destination direct
   * @param touch whether the file's times become now; if that fails, nothing is said
   * @return how many bytes, or {@link #FAILED} with the position left where it was
   */
  public static int read(ByteBuffer path, long offset, ByteBuffer destination, boolean touch) {
    try {
      int flags = O_RDONLY | O_NOATIME | Libc.O_CLOEXEC;
      int fd = (int) OPEN.invokeExact(MemorySegment.ofBuffer(path).address(), flags);
      if (fd < 0) {
        return FAILED;
      }
      int count = FAILED;
      try {
        count = read(fd, offset, destination);
        if (touch) {
          var _ = (int) FUTIMENS.invokeExact(fd, MemorySegment.NULL);
        }
      } finally {
        var _ = (int) CLOSE.invokeExact(fd);
      }
      return count;
    } catch (Throwable e) {
      throw unexpected(e);
    } finally {
      Reference.reachabilityFence(path);
      Reference.reachabilityFence(destination);
    }
  }

  private static int read(int fd, long offset, ByteBuffer destination) throws Throwable {
    long address = MemorySegment.ofBuffer(destination).address(); // of its position
    int wanted = destination.remaining();
    int done = 0;
    while (done < wanted) {
      long count =
          (long) PREAD.invokeExact(fd, address + done, (long) (wanted - done), offset + done);
      if (count < 0) {
        return FAILED;
      }
      if (count == 0) {
        break;
      }
      done += (int) count;
    }
    destination.position(destination.position() + done);
    return done;
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
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor, options);
  }
}
