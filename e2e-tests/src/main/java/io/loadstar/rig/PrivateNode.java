package io.loadstar.rig;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A node: registry, snapshotter and containerd, each with roots, sockets and states of its own in
 * one temporary directory, below {@code /var/tmp} or what the system property {@code
 * loadstar.nodes} says. Not thread-safe. Whoever started it closes it, which ends every process by
 * its pid, detaches every mount, removes the directory, and fails if anything is left.
 *
 * <pre>
 *   DIRECTORY/registry/                        LocalRegistry's
 *   DIRECTORY/snapshotter/, s.sock, s.log      loadstar-snapshotter's root, socket and log
 *   DIRECTORY/s.sock.pull                      its socket for pulls
 *   DIRECTORY/snapshotter.toml                 its configuration
 *   DIRECTORY/cni/                             {@link PodNetwork}
 *   DIRECTORY/containerd/, state/, c.sock, c.log, containerd.toml
 *   DIRECTORY/runc/, fifo/                     runc's state; the containers' output
 *   DIRECTORY/scratch/                         for tests
 * </pre>
 */
public final class PrivateNode implements AutoCloseable {

  /** The proxy plugin's name in this containerd. */
  public static final String SNAPSHOTTER = "loadstar";

  /** Stands for the node's directory in the snapshotter's configuration. */
  public static final String DIRECTORY = "${node}";

  /** Where nodes are made: on a disk, where an overlay can stand. */
  private static final Path PARENT = Path.of(System.getProperty("loadstar.nodes", "/var/tmp"));

  private static final Duration START_LIMIT = Duration.ofSeconds(60);

  private final Path directory;
  private final Checkout checkout;
  private final LocalRegistry registry;
  private final Setting setting;
  private @Nullable Daemon snapshotter;
  private @Nullable Daemon containerd;

  /**
   * What a node is made of.
   *
   * @param configuration the snapshotter's, in TOML
   * @param environment what is set for the snapshotter and {@link #loadstar} beside the caller's
   * @param peers other snapshotters that run already, by the names that this containerd shall have
   *     for them, with their sockets
   * @param containerd which one
   */
  public record Setting(
      String configuration,
      Map<String, String> environment,
      Map<String, Path> peers,
      ContainerdPrograms containerd) {

    public Setting {
      environment = Map.copyOf(environment);
      peers = Map.copyOf(peers);
    }

    /** This machine's containerd, and nothing in the environment. */
    public static Setting of(String configuration)
        throws IOException, InterruptedException, TimeoutException {
      return new Setting(configuration, Map.of(), Map.of(), ContainerdPrograms.installed());
    }
  }

  private PrivateNode(Path directory, Checkout checkout, LocalRegistry registry, Setting setting) {
    this.directory = directory;
    this.checkout = checkout;
    this.registry = registry;
    this.setting = setting;
  }

  /**
   * Starts one in a new directory.
   *
   * @param configuration the snapshotter's, in TOML
   */
  public static PrivateNode start(String configuration)
      throws IOException, InterruptedException, TimeoutException {
    return start(Setting.of(configuration));
  }

  /**
   * Starts one in a new directory.
   *
   * @param configuration the snapshotter's, in TOML
   * @param environment what is set for the snapshotter and {@link #loadstar} beside the caller's
   */
  public static PrivateNode start(String configuration, Map<String, String> environment)
      throws IOException, InterruptedException, TimeoutException {
    return start(new Setting(configuration, environment, Map.of(), ContainerdPrograms.installed()));
  }

  /** Starts one in a new directory. */
  public static PrivateNode start(Setting setting)
      throws IOException, InterruptedException, TimeoutException {
    Path directory = Files.createTempDirectory(PARENT, "loadstar-rig.");
    // What runs in a user namespace is nobody here, and has to get through to its root.
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
    for (String name : List.of("registry", "snapshotter", "scratch")) {
      Files.createDirectory(directory.resolve(name));
    }
    Files.writeString(
        directory.resolve("snapshotter.toml"),
        setting.configuration().replace(DIRECTORY, directory.toString()));
    PrivateNode node =
        new PrivateNode(
            directory,
            Checkout.found(),
            LocalRegistry.start(directory.resolve("registry")),
            setting);
    try {
      node.startSnapshotter();
      node.startContainerd();
      return node;
    } catch (IOException | InterruptedException | TimeoutException e) {
      node.close();
      throw e;
    }
  }

  /** Which containerd it has. */
  public ContainerdPrograms containerd() {
    return setting.containerd();
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

  /** The reference of the image that CRI makes sandboxes of; whoever uses CRI pushes it first. */
  public String sandboxImage() {
    return registry.reference("sandbox", "v1");
  }

  /** containerd's client, in the namespace {@code default}. */
  public Ctr ctr() {
    return new Ctr(setting.containerd(), directory, containerdSocket(), "default", List.of());
  }

  /** containerd's CRI plugin; the caller closes it. */
  public Cri cri() {
    return Cri.connect(containerdSocket(), cgroup());
  }

  /**
   * CRI's image service as the snapshotter passes it on, if its configuration says so; the caller
   * closes it.
   */
  public Cri imageService() {
    return Cri.connect(snapshotterSocket(), cgroup());
  }

  /** Below which CRI's pods are; runc leaves it behind. */
  private String cgroup() {
    return "/" + directory.getFileName();
  }

  /** The command {@code loadstar} with these words; this node's snapshotter pulls for it. */
  public Program loadstar(String... words) {
    return checkout
        .loadstar(words)
        .where("LOADSTAR_DAEMON", snapshotterSocket().toString())
        .where(setting.environment());
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

  /** {@code loadstar copy SOURCE DESTINATION}. */
  public void copy(String source, String destination)
      throws IOException, InterruptedException, TimeoutException {
    loadstar("copy", source, destination).output();
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
                .where(setting.environment()),
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
    ContainerdPrograms programs = setting.containerd();
    Files.writeString(
        configuration,
        new ContainerdConfiguration(directory, programs, setting.peers())
            .text(SNAPSHOTTER, snapshotterSocket(), sandboxImage()));
    new PodNetwork(directory.resolve("cni")).install();
    Path log = directory.resolve("c.log");
    Daemon daemon =
        Daemon.start(
            "containerd",
            Program.of(programs.program("containerd"), "--config", configuration.toString())
                .where(programs.environment()),
            log,
            log);
    containerd = daemon;
    daemon.await(START_LIMIT, () -> ctr().call("version").run().status() == 0);
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
    PodNetwork.forget();
    Cgroups.remove(cgroup());
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
