package io.loadstar.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/**
 * Datagrams to unix sockets (unix(7)), which the JDK doesn't have. Thread-safe, without state.
 *
 * <p>Constants are those of x86-64 and aarch64 alike (asm-generic/socket.h, linux/socket.h).
 */
@SuppressWarnings("restricted")
public final class UnixDatagrams {

  private static final int AF_UNIX = 1;
  private static final int SOCK_DGRAM = 2;
  private static final int SOCK_CLOEXEC = 02000000;

  private static final int MSG_NOSIGNAL = 0x4000;

  /** sizeof(sockaddr_un.sun_path). */
  private static final int PATH_BYTES = 108;

  /** sizeof(sockaddr_un): the family, 2 bytes, and the path. */
  private static final int ADDRESS_BYTES = 2 + PATH_BYTES;

  private static final MethodHandle SOCKET =
      NativeCalls.handle("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle SENDTO =
      NativeCalls.handle(
          "sendto",
          FunctionDescriptor.of(
              JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));

  private UnixDatagrams() {}

  /**
   * Sends one, from an unnamed socket; waits while the receiver's queue is full.
   *
   * @param address a path; with {@code @} in front a name of the abstract namespace
   * @throws ErrnoException if nobody receives there
   * @throws IllegalArgumentException if the address is empty or longer than a socket's can be
   */
  public static void send(String address, String message) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(NativeCalls.STATE);
      MemorySegment target = target(arena, address);
      int fd = (int) SOCKET.invokeExact(state, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
      if (fd < 0) {
        throw new ErrnoException("socket", NativeCalls.errno(state));
      }
      try {
        MemorySegment bytes = arena.allocateFrom(JAVA_BYTE, utf8(message));
        long sent =
            (long)
                SENDTO.invokeExact(
                    state,
                    fd,
                    bytes,
                    bytes.byteSize(),
                    MSG_NOSIGNAL,
                    target,
                    (int) target.byteSize());
        if (sent < 0) {
          throw new ErrnoException("send to " + address, NativeCalls.errno(state));
        }
      } finally {
        Libc.get().close(fd);
      }
    } catch (Throwable e) {
      throw NativeCalls.failure(e);
    }
  }

  /** A sockaddr_un as long as its path: an abstract name's length counts. */
  private static MemorySegment target(Arena arena, String address) {
    byte[] path = utf8(address);
    if (path.length == 0 || path.length >= PATH_BYTES) {
      throw new IllegalArgumentException("no address of a unix socket: " + address);
    }
    if (path[0] == '@') {
      path[0] = 0;
    }
    MemorySegment target = arena.allocate(ADDRESS_BYTES, JAVA_SHORT.byteAlignment());
    target.set(JAVA_SHORT, 0, (short) AF_UNIX);
    MemorySegment.copy(path, 0, target, JAVA_BYTE, 2, path.length);
    return target.asSlice(0, 2L + path.length);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
