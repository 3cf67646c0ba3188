package io.loadstar.daemon;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** A unix datagram socket that somebody else sends to, as systemd's. Not thread-safe. */
@SuppressWarnings("restricted")
final class DatagramReceiver implements AutoCloseable {

  private static final int AF_UNIX = 1;
  private static final int SOCK_DGRAM = 2;
  private static final int SOL_SOCKET = 1;
  private static final int SO_RCVTIMEO = 20;
  private static final long PATIENCE_SECONDS = 30;
  private static final int LARGEST = 4096;

  private final Arena arena = Arena.ofConfined();
  private final String name;
  private final int fd;

  private DatagramReceiver(String name) throws Throwable {
    this.name = name;
    this.fd =
        (int) call("socket", JAVA_INT, JAVA_INT, JAVA_INT).invokeExact(AF_UNIX, SOCK_DGRAM, 0);
    assertTrue(fd >= 0);
    byte[] path = name.getBytes(StandardCharsets.UTF_8);
    path[0] = path[0] == '@' ? 0 : path[0];
    MemorySegment address = arena.allocate(2 + path.length, JAVA_SHORT.byteAlignment());
    address.set(JAVA_SHORT, 0, (short) AF_UNIX);
    MemorySegment.copy(path, 0, address, JAVA_BYTE, 2, path.length);
    int bound =
        (int)
            call("bind", JAVA_INT, ADDRESS, JAVA_INT)
                .invokeExact(fd, address, (int) address.byteSize());
    assertTrue(bound == 0, "can't bind " + name);
    MemorySegment limit = arena.allocateFrom(JAVA_LONG, PATIENCE_SECONDS, 0);
    int set =
        (int)
            call("setsockopt", JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT)
                .invokeExact(fd, SOL_SOCKET, SO_RCVTIMEO, limit, (int) limit.byteSize());
    assertTrue(set == 0);
  }

  static DatagramReceiver at(Path path) throws Exception {
    return named(path.toString());
  }

  /** With an {@code @} in front for a name of the abstract namespace. */
  static DatagramReceiver named(String name) throws Exception {
    try {
      return new DatagramReceiver(name);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** What a service of this one has in its environment, and {@code more}. */
  Map<String, String> environment(String... more) {
    Map<String, String> environment = new HashMap<>(Map.of("NOTIFY_SOCKET", name));
    for (int i = 0; i < more.length; i += 2) {
      environment.put(more[i], more[i + 1]);
    }
    return environment;
  }

  /** The next datagram; fails when none comes. */
  String receive() {
    try {
      MemorySegment buffer = arena.allocate(LARGEST);
      long length =
          (long)
              Linker.nativeLinker()
                  .downcallHandle(
                      Linker.nativeLinker().defaultLookup().findOrThrow("recv"),
                      FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT))
                  .invokeExact(fd, buffer, (long) LARGEST, 0);
      assertTrue(length >= 0, "nothing was sent to " + name);
      return new String(buffer.asSlice(0, length).toArray(JAVA_BYTE), StandardCharsets.UTF_8);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    try {
      int _ = (int) call("close", JAVA_INT).invokeExact(fd);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    } finally {
      arena.close();
    }
  }

  private static MethodHandle call(String name, MemoryLayout... arguments) {
    return Linker.nativeLinker()
        .downcallHandle(
            Linker.nativeLinker().defaultLookup().findOrThrow(name),
            FunctionDescriptor.of(JAVA_INT, arguments));
  }
}
