package io.loadstar.rig;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A node: registry, snapshotter and containerd, each with roots, sockets and states of its own in
 * one temporary directory. Not thread-safe. Whoever started it closes it, which ends every process
 * by its pid, detaches every mount, removes the directory, and fails if anything is left.
 *
 * <pre>
 *   DIRECTORY/registry/                        LocalRegistry's
 *   DIRECTORY/snapshotter/, s.sock, s.log      loadstar-snapshotter's root, socket and log
 *   DIRECTORY/snapshotter.toml                 its configuration
 *   DIRECTORY/containerd/, state/, c.sock, c.log, containerd.toml
 *   DIRECTORY/runc/, fifo/                     runc's state; the containers' output
 *   DIRECTORY/scratch/                         for tests
 * </pre>
 */
public final class PrivateNode implements AutoCloseable {

  /** The proxy plugin's name in this containerd. */
  public static final String SNAPSHOTTER = "loadstar";

  private static final Duration START_LIMIT = Duration.ofSeconds(60);

  private final Path directory;
  private final Checkout checkout;
  private final LocalRegistry registry;
  private final Map<String, String> environment;
  private final Map<String, Path> peers;
  private @Nullable Daemon snapshotter;
  private @Nullable Daemon containerd;

  private PrivateNode(
      Path directory,
      Checkout checkout,
      LocalRegistry registry,
      Map<String, String> environment,
      Map<String, Path> peers) {
    this.directory = directory;
    this.checkout = checkout;
    this.registry = registry;
    this.environment = Map.copyOf(environment);
    this.peers = Map.copyOf(peers);
  }

  /**
   * Starts one in a new directory.
   *
   * @param configuration the snapshotter's, in TOML
   */
  public static PrivateNode start(String configuration)
      throws IOException, InterruptedException, TimeoutException {
    return start(configuration, Map.of());
  }

  /**
   * Starts one in a new directory.
   *
   * @param configuration the snapshotter's, in TOML
   * @param environment what is set for the snapshotter and {@link #loadstar} beside the caller's
   */
  public static PrivateNode start(String configuration, Map<String, String> environment)
      throws IOException, InterruptedException, TimeoutException {
    return start(configuration, environment, Map.of());
  }

  /**
   * Starts one in a new directory.
   *
   * @param configuration the snapshotter's, in TOML
   * @param environment what is set for the snapshotter and {@link #loadstar} beside the caller's
   * @param peers other snapshotters that run already, by the names that this containerd shall have
   *     for them, with their sockets
   */
  public static PrivateNode start(
      String configuration, Map<String, String> environment, Map<String, Path> peers)
      throws IOException, InterruptedException, TimeoutException {
    Path directory = Files.createTempDirectory(Path.of("/var/tmp"), "loadstar-rig.");
    for (String name : List.of("registry", "snapshotter", "scratch")) {
      Files.createDirectory(directory.resolve(name));
    }
    Files.writeString(directory.resolve("snapshotter.toml"), configuration);
    PrivateNode node =
        new PrivateNode(
            directory,
            Checkout.found(),
            LocalRegistry.start(directory.resolve("registry")),
            environment,
            peers);
    try {
      node.startSnapshotter();
      node.startContainerd();
      return node;
    } catch (IOException | InterruptedException | TimeoutException e) {
      node.close();
      throw e;
    }
  }

  /** Its registry. */
  public LocalRegistry registry() {
    return registry;
  }

  /** A directory for whatever a test needs; removed with the node. */
  public Path scratch() {
    return directory.resolve("scratch");
  }

  /** The snapshotter's root directory. */
  public Path snapshotterRoot() {
    return directory.resolve("snapshotter");
  }

  /** The snapshotter's socket. */
  public Path snapshotterSocket() {
    return directory.resolve("s.sock");
  }

  /** All that the snapshotter has logged, across restarts. */
  public String snapshotterLog() throws IOException {
    return Files.readString(directory.resolve("s.log"));
  }

  /** containerd's socket. */
  public Path containerdSocket() {
    return directory.resolve("c.sock");
  }

  /** containerd's client, in the namespace {@code default}. */
  public Ctr ctr() {
    return new Ctr(directory, containerdSocket(), "default");
  }

  /** The command {@code loadstar} with these words. */
  public Program loadstar(String... words) {
    return checkout.loadstar(words).where(environment);
  }

  /** {@code loadstar pull}: lazily, into this containerd. */
  public void pullLazily(Ctr ctr, String reference)
      throws IOException, InterruptedException, TimeoutException {
    loadstar(
            "pull",
            "--address",
            containerdSocket().toString(),
            "--namespace",
            ctr.namespace(),
            "--snapshotter",
            SNAPSHOTTER,
            reference)
        .output();
  }

  /** {@code loadstar convert OPTIONS SOURCE DESTINATION}. */
  public void convert(String source, String destination, String... options)
      throws IOException, InterruptedException, TimeoutException {
    List<String> line = new ArrayList<>(List.of("convert"));
    line.addAll(List.of(options));
    line.addAll(List.of(source, destination));
    loadstar(line.toArray(String[]::new)).output();
  }

  /** Starts the snapshotter, after {@link #killSnapshotter}. */
  public void startSnapshotter() throws IOException, InterruptedException, TimeoutException {
    Daemon daemon =
        Daemon.start(
            "loadstar-snapshotter",
            checkout
                .snapshotter(
                    "--address",
                    snapshotterSocket().toString(),
                    "--root",
                    snapshotterRoot().toString(),
                    "--config",
                    directory.resolve("snapshotter.toml").toString(),
                    "--log-level",
                    "debug")
                .where(environment),
            directory.resolve("s.log"),
            directory.resolve("s.log"));
    snapshotter = daemon;
    daemon.await(START_LIMIT, () -> UnixSocket.answers(snapshotterSocket()));
  }

  /** Kills the snapshotter (SIGKILL), as a crash or the kernel's memory shortage would. */
  public void killSnapshotter() throws InterruptedException {
    if (snapshotter != null) {
      snapshotter.kill();
    }
  }

  /** The running snapshotter's process id. */
  public long snapshotterPid() {
    if (snapshotter == null) {
      throw new IllegalStateException("the snapshotter isn't running");
    }
    return snapshotter.pid();
  }

  private void startContainerd() throws IOException, InterruptedException, TimeoutException {
    Path configuration = directory.resolve("containerd.toml");
    Files.writeString(
        configuration,
        """
        version = 2
        root = "%1$s/containerd"
        state = "%1$s/state"
        disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt",
          "io.containerd.internal.v1.restart", "io.containerd.tracing.processor.v1.otlp"]
        [grpc]
          address = "%1$s/c.sock"
        [ttrpc]
          address = "%1$s/c.ttrpc"
        """
                .formatted(directory)
            + proxyPlugin(SNAPSHOTTER, snapshotterSocket())
            + peers.entrySet().stream()
                .map(each -> proxyPlugin(each.getKey(), each.getValue()))
                .collect(Collectors.joining()));
    Path log = directory.resolve("c.log");
    Daemon daemon =
        Daemon.start(
            "containerd", List.of("containerd", "--config", configuration.toString()), log, log);
    containerd = daemon;
    daemon.await(START_LIMIT, () -> ctr().call("version").run().status() == 0);
  }

  private static String proxyPlugin(String name, Path socket) {
    return """
    [proxy_plugins.%s]
      type = "snapshot"
      address = "%s"
    """
        .formatted(name, socket);
  }

  /**
   * Ends all of it.
   *
   * @throws IOException if anything is left, by name
   */
  @Override
  public void close() throws IOException {
    try {
      stop();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted; " + directory + " may be left", e);
    } catch (TimeoutException e) {
      throw new IOException(String.valueOf(e.getMessage()), e);
    }
  }

  private void stop() throws IOException, InterruptedException, TimeoutException {
    List<Path> shimSockets = shimSockets();
    if (containerd != null) {
      endContainers();
      containerd.close();
    }
    if (snapshotter != null) {
      snapshotter.close();
    }
    registry.close();
    endStragglers();
    MountTable.clear(directory);
    for (Path socket : shimSockets) {
      Files.deleteIfExists(socket);
    }
    deleteTree(directory);
    failIfAnythingIsLeft();
  }

  private void endContainers() throws IOException, InterruptedException, TimeoutException {
    for (String namespace : ctr().call("namespaces", "ls", "-q").run().lines()) {
      Ctr ctr = ctr().in(namespace);
      for (String name : ctr.call("tasks", "ls", "-q").run().lines()) {
        ctr.call("tasks", "rm", "--force", name).run();
      }
    }
  }

  /** Shims outlive containerd on purpose; they and what they run name the directory. */
  private void endStragglers() throws InterruptedException, TimeoutException {
    for (ProcessHandle straggler : ProcessTable.naming(directory)) {
      straggler.destroyForcibly();
    }
    Deadline.await(
        Duration.ofSeconds(10),
        "the processes of " + directory + " are gone",
        () -> ProcessTable.naming(directory).isEmpty());
  }

  /** containerd's shims listen in {@code /run/containerd/s}, whatever its state directory is. */
  private List<Path> shimSockets() throws IOException {
    Path state = directory.resolve("state");
    if (!Files.isDirectory(state)) {
      return List.of();
    }
    List<Path> found = new ArrayList<>();
    try (var files = Files.find(state, 4, (path, _) -> path.endsWith("address"))) {
      for (Path file : files.toList()) {
        Optional.of(Files.readString(file).strip())
            .filter(text -> text.startsWith("unix:///run/containerd/s/"))
            .map(text -> Path.of(text.substring("unix://".length())))
            .ifPresent(found::add);
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return found;
  }

  private void failIfAnythingIsLeft() throws IOException {
    List<String> left = new ArrayList<>();
    MountTable.below(directory).forEach(row -> left.add("mount " + row.point()));
    ProcessTable.naming(directory).forEach(process -> left.add("process " + process.pid()));
    if (Files.exists(directory)) {
      left.add("directory " + directory);
    }
    if (!left.isEmpty()) {
      throw new IOException("left behind: " + String.join(", ", left));
    }
  }

  private static void deleteTree(Path root) throws IOException {
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException error)
              throws IOException {
            Files.deleteIfExists(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
