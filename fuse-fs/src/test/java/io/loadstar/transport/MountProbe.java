package io.loadstar.transport;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.loadstar.linux.Errno;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;

/** Looks into a mount from a JVM of its own, for what a shell can't ask. */
@SuppressWarnings("restricted")
public final class MountProbe {

  private MountProbe() {}

  /** The shell command that runs this, to be followed by arguments. */
  static String command() {
    try {
      return ProcessHandle.current().info().command().orElseThrow()
          + " -Xmx128m -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED -cp "
          + classes(MountProbe.class)
          + ":"
          + classes(Errno.class)
          + " "
          + MountProbe.class.getName();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Path classes(Class<?> type) throws URISyntaxException {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  public static void main(String[] args) throws Throwable {
    Path file = Path.of(args[1]);
    switch (args[0]) {
      case "map" -> map(file, Path.of(args[2]));
      case "read" -> read(file, Path.of(args[2]), Long.parseLong(args[3]));
      case "getxattr" -> getxattr(file, args[2], Integer.parseInt(args[3]));
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  /** Maps the whole file and compares it with {@code reference}. */
  private static void map(Path file, Path reference) throws IOException {
    byte[] expected = Files.readAllBytes(reference);
    try (FileChannel channel = FileChannel.open(file)) {
      ByteBuffer mapped = channel.map(MapMode.READ_ONLY, 0, channel.size());
      byte[] actual = new byte[expected.length];
      for (int at = expected.length - 1; at >= 0; at--) {
        actual[at] = mapped.get(at);
      }
      System.out.print(Arrays.equals(expected, actual) ? "same" : "different");
    }
  }

  /** Reads anywhere, also across and behind the end, and compares with {@code reference}. */
  private static void read(Path file, Path reference, long seed) throws IOException {
    byte[] expected = Files.readAllBytes(reference);
    Random random = new Random(seed);
    try (FileChannel channel = FileChannel.open(file)) {
      for (int i = 0; i < 2_000; i++) {
        int offset = random.nextInt(expected.length + 10_000);
        int size = 1 + random.nextInt(i % 10 == 0 ? 400_000 : 5_000);
        ByteBuffer read = ByteBuffer.allocate(size);
        channel.read(read, offset);
        byte[] wanted =
            offset >= expected.length
                ? new byte[0]
                : Arrays.copyOfRange(expected, offset, Math.min(offset + size, expected.length));
        if (!Arrays.equals(wanted, Arrays.copyOf(read.array(), read.position()))) {
          System.out.print("different at " + offset + ", " + size + " bytes");
          return;
        }
      }
    }
    System.out.print("same");
  }

  /** getxattr(2) with room for {@code size} bytes: prints its length, or the name of the error. */
  private static void getxattr(Path file, String name, int size) throws Throwable {
    Linker linker = Linker.nativeLinker();
    StructLayout stateLayout = Linker.Option.captureStateLayout();
    MethodHandle call =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("getxattr"),
            FunctionDescriptor.of(JAVA_LONG, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG),
            Linker.Option.captureCallState("errno"));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(stateLayout);
      long length =
          (long)
              call.invokeExact(
                  state,
                  arena.allocateFrom(file.toString()),
                  arena.allocateFrom(name),
                  arena.allocate(Math.max(size, 1)),
                  (long) size);
      long errno = stateLayout.byteOffset(MemoryLayout.PathElement.groupElement("errno"));
      System.out.print(length >= 0 ? length : Errno.name(state.get(JAVA_INT, errno)));
    }
  }
}
