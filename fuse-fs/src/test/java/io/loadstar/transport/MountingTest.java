package io.loadstar.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.loadstar.fs.ReadOnlyFileSystem;
import io.loadstar.linux.FuseControl;
import io.loadstar.linux.Libc;
import io.loadstar.linux.MountTable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * What a test of mounts stands on: a directory of its own, mounts that are undone, child processes
 * that end.
 *
 * <p>The JVM that serves a mount never looks into it: a fault or a wait in there could stop the
 * very threads that would answer. Tests look through child processes.
 */
public abstract class MountingTest {

  /** For what should take milliseconds: a hang, not a slow machine, is what must not pass. */
  protected static final Duration DEADLINE = Duration.ofSeconds(30);

  private static final boolean FULL = Boolean.getBoolean("loadstar.full");

  private final Deque<FuseMount> mounts = new ArrayDeque<>();
  private final List<Process> processes = new ArrayList<>();
  private Path directory = Path.of("/nowhere");

  /** The transport under test. */
  protected abstract FuseTransport transport();

  /** What a command left: its output, both streams together, and its exit status. */
  record Outcome(int status, String output) {}

  /** How many of {@code what}: fewer, which is said, unless -Dloadstar.full=true. */
  static int bounded(String what, int bounded, int full) {
    if (!FULL) {
      System.out.println("bounded: " + what + ": " + bounded + " of " + full);
    }
    return FULL ? full : bounded;
  }

  @BeforeEach
  void makeDirectory() throws IOException {
    assumeTrue(Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "needs root");
    assumeTrue(Files.exists(Path.of("/dev/fuse")), "needs /dev/fuse");
    directory = Files.createTempDirectory("loadstar-mount-").toRealPath();
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @AfterEach
  void leaveNothingBehind() throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try {
      awaitNothingWaits();
      for (FuseMount mount : mounts) {
        mount.close();
      }
      processes.forEach(Process::destroyForcibly);
      await("all child processes end", () -> processes.stream().noneMatch(Process::isAlive));
      assertEquals(List.of(), hanging(), "processes in uninterruptible sleep");
      assertEquals(List.of(), MountTable.read().below(directory), "still mounted");
    } finally {
      removeDirectory();
    }
  }

  /** No request of a mount that is still there is left without an answer. */
  private void awaitNothingWaits() throws IOException {
    for (FuseMount mount : mounts) {
      MountTable.Entry entry = MountTable.read().at(mount.mountPoint());
      if (mount.isAlive() && entry != null) {
        await("no request waits", () -> waiting(entry.minor()) == 0);
      }
    }
  }

  private static int waiting(int connection) {
    try {
      return FuseControl.waiting(connection);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void removeDirectory() throws IOException {
    for (MountTable.Entry left : MountTable.read().below(directory).reversed()) {
      Libc.get().unmount(Path.of(left.mountPoint()), Libc.MNT_DETACH);
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** Descendants of this process in state D. */
  private static List<String> hanging() throws IOException {
    List<String> hanging = new ArrayList<>();
    for (ProcessHandle child : ProcessHandle.current().descendants().toList()) {
      Path stat = Path.of("/proc", Long.toString(child.pid()), "stat");
      String line = Files.exists(stat) ? Files.readString(stat) : "";
      if (line.contains(") D ")) {
        hanging.add(line);
      }
    }
    return hanging;
  }

  /** A new, empty directory below the test's own. */
  protected Path newDirectory(String name) throws IOException {
    return Files.createDirectory(directory.resolve(name));
  }

  protected FuseMount mount(ReadOnlyFileSystem fileSystem) throws IOException {
    return mount(fileSystem, newDirectory("mount"), 64);
  }

  FuseMount mount(ReadOnlyFileSystem fileSystem, Path mountPoint, int maxThreads)
      throws IOException {
    return mount(fileSystem, new MountSpec(mountPoint, "loadstar", maxThreads));
  }

  protected FuseMount mount(ReadOnlyFileSystem fileSystem, MountSpec spec) throws IOException {
    FuseMount mount = transport().mount(fileSystem, spec);
    mounts.push(mount);
    return mount;
  }

  /**
   * Runs a script in a shell, with the test's directory as $T and $T/mount as $M, and expects it to
   * succeed.
   */
  protected String sh(String script) throws IOException {
    Outcome outcome = run(script);
    assertEquals(0, outcome.status, () -> script + "\n" + outcome.output);
    return outcome.output.strip();
  }

  /** Runs a script that may fail. */
  Outcome run(String script) throws IOException {
    Path output = Files.createTempFile(directory, "output", "");
    Process process = builder(script).redirectOutput(output.toFile()).start();
    processes.add(process);
    boolean ended = endsInTime(process);
    String text = new String(Files.readAllBytes(output), StandardCharsets.UTF_8);
    Files.delete(output);
    assertTrue(ended, () -> "still running after " + DEADLINE + ": " + script + "\n" + text);
    return new Outcome(process.exitValue(), text);
  }

  /** Starts a script; its input and output are pipes. */
  protected Process start(String script) throws IOException {
    Process process = builder(script).start();
    processes.add(process);
    return process;
  }

  private ProcessBuilder builder(String script) {
    ProcessBuilder builder = new ProcessBuilder("sh", "-c", script).redirectErrorStream(true);
    builder.environment().put("T", directory.toString());
    builder.environment().put("M", directory.resolve("mount").toString());
    builder.environment().put("LC_ALL", "C");
    return builder;
  }

  protected static boolean endsInTime(Process process) {
    try {
      return process.waitFor(DEADLINE.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  protected static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + DEADLINE.toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, () -> "waited in vain until " + what);
      LockSupport.parkNanos(1_000_000);
    }
  }

  static void assumeCommand(String command) {
    assumeTrue(
        Stream.of("/usr/bin", "/bin", "/usr/sbin", "/sbin")
            .anyMatch(place -> Files.exists(Path.of(place, command))),
        "needs the command " + command);
  }
}
