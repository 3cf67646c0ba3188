package io.loadstar.transport.kernel;

import static io.loadstar.fs.ReadOnlyFileSystem.ROOT;
import static io.loadstar.transport.MemoryFileSystem.content;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.loadstar.fs.ReadOnlyFileSystem;
import io.loadstar.transport.FuseTransport;
import io.loadstar.transport.MemoryFileSystem;
import io.loadstar.transport.MountSpec;
import io.loadstar.transport.MountingTest;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Files that are whole are read by the kernel itself, and nobody notices. */
final class KernelPassthroughTest extends MountingTest {

  private final MemoryFileSystem files = new MemoryFileSystem();
  private final Map<Long, Path> whole = new ConcurrentHashMap<>();
  private final AtomicInteger reads = new AtomicInteger();
  private final AtomicInteger held = new AtomicInteger();
  private final KernelFuseTransport transport = new KernelFuseTransport(KernelOptions.DEFAULT);
  private Path store = Path.of("/nowhere");

  @Override
  protected FuseTransport transport() {
    return transport;
  }

  @BeforeEach
  void findOut() throws IOException {
    store = newDirectory("store");
    Optional<String> obstacle = transport.passthroughObstacle(store);
    assumeTrue(obstacle.isEmpty(), () -> "skipped: " + obstacle.orElse(""));
  }

  private static byte[] bytes(int seed, int size) {
    byte[] bytes = new byte[size];
    new java.util.Random(seed).nextBytes(bytes);
    return bytes;
  }

  private long file(String name, byte[] content) {
    return files.file(ROOT, name.getBytes(UTF_8), 0755, content(content));
  }

  private void becomesWhole(long inode, byte[] content) throws IOException {
    whole.put(inode, Files.write(store.resolve("object-" + inode), content));
  }

  /** The tree, with what is whole on disk. */
  private ReadOnlyFileSystem withBackings() {
    InvocationHandler handler =
        (_, method, arguments) -> {
          if (method.getName().equals("backing")) {
            return backing((Long) arguments[0]);
          }
          if (method.getName().equals("tryRead")) {
            reads.incrementAndGet();
          }
          try {
            return method.invoke(files, arguments);
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
        };
    return (ReadOnlyFileSystem)
        Proxy.newProxyInstance(
            getClass().getClassLoader(), new Class<?>[] {ReadOnlyFileSystem.class}, handler);
  }

  private ReadOnlyFileSystem.@Nullable BackingFile backing(long inode) {
    Path path = whole.get(inode);
    if (path == null) {
      return null;
    }
    held.incrementAndGet();
    return new ReadOnlyFileSystem.BackingFile() {
      @Override
      public Path path() {
        return path;
      }

      @Override
      public void close() {
        held.decrementAndGet();
      }
    };
  }

  private void mountWhole() throws IOException {
    mount(
        withBackings(),
        new MountSpec(newDirectory("mount"), "loadstar", 4, MountSpec.Passthrough.WHOLE_FILES));
  }

  @Test
  void aWholeFileIsReadWithoutUs() throws IOException {
    byte[] content = bytes(1, 3_000_000);
    long file = file("file", content);
    file("other", content);
    becomesWhole(file, content);
    mountWhole();

    sh("cmp $M/file $T/store/object-" + file);
    assertEquals(0, reads.get());
    await("the kernel lets go of it", () -> held.get() == 0);
    sh("cmp $M/other $T/store/object-" + file);
    assertTrue(reads.get() > 0);
  }

  @Test
  void programsRunAndAreMapped() throws IOException {
    byte[] program = Files.readAllBytes(Path.of("/usr/bin/id"));
    becomesWhole(file("id", program), program);
    mountWhole();

    assertEquals("0", sh("$M/id -u"));
    assertEquals(0, reads.get());
  }

  @Test
  void aFileThatBecomesWholeWhileItIsOpenGoesOnAsItBegan() throws IOException {
    byte[] content = bytes(2, 500_000);
    long file = file("file", content);
    mountWhole();
    Path object = Files.write(store.resolve("expected"), content);

    Process reader = start("exec 3< $M/file; echo open; read go; cmp - " + object + " <&3");
    assertEquals("open", reader.inputReader(UTF_8).readLine());
    becomesWhole(file, content);
    sh("cmp $M/file " + object); // a second open while the first is
    reader.outputWriter(UTF_8).append("go\n").flush();
    assertTrue(endsInTime(reader));
    assertEquals(0, reader.exitValue());
    int before = reads.get();

    await(
        "the kernel hands it over",
        () -> {
          try {
            sh("cmp $M/file " + object);
          } catch (IOException e) {
            throw new IllegalStateException(e);
          }
          return held.get() > 0 || reads.get() == before;
        });
    assertEquals(before, reads.get());
  }

  @Test
  void manyOpensOfOneFileShareIt() throws IOException {
    byte[] content = bytes(3, 100_000);
    long file = file("file", content);
    becomesWhole(file, content);
    mountWhole();

    sh("for i in $(seq 40); do cmp $M/file $T/store/object-" + file + " & done; wait");
    sh("exec 3< $M/file 4< $M/file; cmp - $M/file <&3 && cmp - $M/file <&4");
    assertEquals(0, reads.get());
    await("the kernel lets go of it", () -> held.get() == 0);
  }

  @Test
  void whatCannotBeOpenedIsReadInTheOrdinaryWay() throws IOException {
    byte[] content = bytes(4, 10_000);
    long file = file("file", content);
    whole.put(file, store.resolve("gone"));
    Files.write(store.resolve("expected"), content);
    mountWhole();

    sh("cmp $M/file $T/store/expected");
    assertEquals(0, held.get());
  }

  @Test
  void closingLetsGoOfWhatIsStillOpen() throws IOException {
    byte[] content = bytes(5, 10_000);
    long file = file("file", content);
    becomesWhole(file, content);
    ReadOnlyFileSystem system = withBackings();
    var mount =
        mount(
            system,
            new MountSpec(newDirectory("mount"), "loadstar", 4, MountSpec.Passthrough.WHOLE_FILES));
    Process user = start("exec 3< $M/file; echo open; read go");
    assertEquals("open", user.inputReader(UTF_8).readLine());
    assertEquals(1, held.get());

    mount.close();

    assertEquals(0, held.get());
    user.outputWriter(UTF_8).append("go\n").flush();
    assertTrue(endsInTime(user));
  }

  @Test
  void aKernelWithoutPassthroughReadsInTheOrdinaryWay() throws IOException {
    byte[] content = bytes(6, 10_000);
    long file = file("file", content);
    becomesWhole(file, content);
    var old =
        new KernelFuseTransport(
            KernelOptions.DEFAULT.withKernelFlags(~FuseWire.InitFlag.PASSTHROUGH));
    MountSpec spec =
        new MountSpec(newDirectory("mount"), "loadstar", 4, MountSpec.Passthrough.WHOLE_FILES);
    try (var _ = old.mount(withBackings(), spec)) {
      sh("cmp $M/file $T/store/object-" + file);
      assertTrue(reads.get() > 0);
    }
    assertTrue(old.passthroughObstacle(store).isPresent());
  }
}
