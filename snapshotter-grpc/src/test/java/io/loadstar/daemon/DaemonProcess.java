package io.loadstar.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.grpc.GrpcSnapshotter;
import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** The daemon as a process of its own, as it runs in earnest. */
final class DaemonProcess implements Closeable {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Path folder;
  private final Process process;

  private DaemonProcess(Path folder, Process process) {
    this.folder = folder;
    this.process = process;
  }

  /** Starts one whose socket, root and log are in {@code folder}, and waits until it listens. */
  static DaemonProcess start(Path folder, String configuration, String... options)
      throws IOException {
    DaemonProcess daemon = launch(folder, configuration, options);
    await(() -> Files.exists(socket(folder)) || !daemon.process.isAlive());
    assertTrue(daemon.process.isAlive(), daemon.log());
    return daemon;
  }

  /** Starts one in a user namespace and a mount namespace of its own, as its root, and waits. */
  static DaemonProcess startInUserNamespace(Path folder, String configuration) throws IOException {
    List<String> unshare = List.of("unshare", "--user", "--map-root-user", "--mount", "--");
    DaemonProcess daemon = launch(unshare, folder, configuration, Map.of());
    await(() -> Files.exists(socket(folder)) || !daemon.process.isAlive());
    assertTrue(daemon.process.isAlive(), daemon.log());
    return daemon;
  }

  /** Runs a script where the daemon is, which is in namespaces of its own; what it prints. */
  String runInside(String script) throws Exception {
    Process shell =
        new ProcessBuilder(
                "nsenter",
                "--target",
                Long.toString(process.pid()),
                "--user",
                "--mount",
                "--preserve-credentials",
                "sh",
                "-ec",
                script)
            .redirectErrorStream(true)
            .start();
    String output = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, shell.waitFor(), output);
    return output;
  }

  /** Starts one and doesn't wait. */
  static DaemonProcess launch(Path folder, String configuration, String... options)
      throws IOException {
    return launch(folder, configuration, Map.of(), options);
  }

  /** Starts one, with these set in its environment beside ours, and doesn't wait. */
  static DaemonProcess launch(
      Path folder, String configuration, Map<String, String> environment, String... options)
      throws IOException {
    return launch(List.of(), folder, configuration, environment, options);
  }

  private static DaemonProcess launch(
      List<String> by,
      Path folder,
      String configuration,
      Map<String, String> environment,
      String... options)
      throws IOException {
    Files.deleteIfExists(socket(folder));
    Path config = Files.writeString(folder.resolve("config.toml"), configuration);
    List<String> command = new ArrayList<>(by);
    command.addAll(program());
    command.addAll(List.of("-address", socket(folder).toString()));
    command.addAll(List.of("-root", folder.resolve("root").toString()));
    command.addAll(List.of(options));
    command.addAll(List.of("-config", config.toString(), "-log-level", "debug"));
    File log = folder.resolve("log").toFile();
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log));
    builder.environment().putAll(environment);
    return new DaemonProcess(folder, builder.start());
  }

  /** How a program ended that ran to its end. */
  record Outcome(int status, String output) {}

  /** Runs the program with other arguments, to its end. */
  static Outcome run(String... arguments) throws Exception {
    List<String> command = program();
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Outcome(process.waitFor(), output.strip());
  }

  private static List<String> program() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("-Xmx256m");
    command.add("-XX:+UseSerialGC");
    command.add("-XX:TieredStopAtLevel=1");
    command.add("-cp");
    command.add(
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path", "")));
    command.add(Main.class.getName());
    return command;
  }

  private static Path socket(Path folder) {
    return folder.resolve("s.sock");
  }

  Path socket() {
    return socket(folder);
  }

  GrpcSnapshotter connect() {
    return GrpcSnapshotter.connect(socket());
  }

  String log() throws IOException {
    Path log = folder.resolve("log");
    return Files.exists(log) ? Files.readString(log) : "";
  }

  /** SIGHUP. */
  void reload() throws Exception {
    DaemonNode.run("kill", "-HUP", Long.toString(process.pid()));
  }

  /** kill, of this name. */
  void signal(String name) throws Exception {
    String pid = Long.toString(process.pid());
    assertEquals(0, new ProcessBuilder("kill", "-" + name, pid).inheritIO().start().waitFor());
  }

  /** How many files and sockets it has open. */
  long openFiles() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("/proc", Long.toString(process.pid()), "fd"))) {
      return files.count();
    }
  }

  /** kill -9. */
  void kill() throws Exception {
    process.destroyForcibly();
    assertTrue(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS));
  }

  /** SIGTERM; its exit status. */
  int terminate() throws Exception {
    process.destroy();
    return exitStatus();
  }

  int exitStatus() throws Exception {
    assertTrue(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS));
    return process.exitValue();
  }

  /** Waits until {@code condition} holds, and fails if it never does. */
  static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "waited in vain");
      LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
    }
  }

  /** Ends it if it still runs, and whatever it left mounted. */
  @Override
  public void close() throws IOException {
    process.destroyForcibly();
    try {
      process.waitFor();
      for (String mount : mounts(folder)) {
        new ProcessBuilder("umount", "-l", mount).inheritIO().start().waitFor();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What is mounted below {@code folder}. */
  static List<String> mounts(Path folder) throws IOException {
    String prefix = folder.toRealPath() + "/";
    return Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
        .map(line -> line.split(" ", -1)[4])
        .filter(mountPoint -> mountPoint.startsWith(prefix))
        .toList()
        .reversed();
  }
}
