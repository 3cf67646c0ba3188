package io.loadstar.containerd.rig;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A containerd of a test's own: root, state, sockets and configuration in one directory. Closing it
 * ends the process and what it has mounted.
 */
public final class PrivateContainerd implements AutoCloseable {

  private static final Path PROGRAM = Path.of("/usr/bin/containerd");

  private final Path directory;
  private final ChildProcess process;

  private PrivateContainerd(Path directory, ChildProcess process) {
    this.directory = directory;
    this.process = process;
  }

  /** Skips the test, with the reason, where there can't be one. */
  public static void assumePossible() {
    assumeTrue("root".equals(System.getProperty("user.name")), "skipped: needs root");
    assumeTrue(Files.isExecutable(PROGRAM), "skipped: needs " + PROGRAM);
  }

  /** Starts one in an empty directory with a short path; ready when this returns. */
  public static PrivateContainerd start(Path directory) throws IOException, InterruptedException {
    return start(directory, Map.of());
  }

  /**
   * Starts one that knows further snapshotters.
   *
   * @param snapshotters their sockets by their names
   */
  public static PrivateContainerd start(Path directory, Map<String, Path> snapshotters)
      throws IOException, InterruptedException {
    Path config = directory.resolve("config.toml");
    Files.writeString(
        config,
        """
        version = 2
        root = "%1$s/root"
        state = "%1$s/state"
        disabled_plugins = ["io.containerd.grpc.v1.cri"]
        [grpc]
          address = "%1$s/c.sock"
        [ttrpc]
          address = "%1$s/c.ttrpc"
        """
                .formatted(directory)
            + proxyPlugins(snapshotters));
    ChildProcess process =
        ChildProcess.start(
            directory.resolve("containerd.log"),
            List.of(PROGRAM.toString(), "--config", config.toString()));
    PrivateContainerd containerd = new PrivateContainerd(directory, process);
    process.await(containerd::answers);
    return containerd;
  }

  private static String proxyPlugins(Map<String, Path> snapshotters) {
    StringBuilder text = new StringBuilder();
    snapshotters.forEach((name, socket) ->
        text.append("[proxy_plugins.%s]\n".formatted(name))
            .append("  type = \"snapshot\"\n  address = \"%s\"\n".formatted(socket)));
    return text.toString();
  }

  /** Where it listens. */
  public Path address() {
    return directory.resolve("c.sock");
  }

  /** Runs containerd's own client on it and returns what it says. */
  public String ctr(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of("ctr", "--address", address().toString()));
    command.addAll(List.of(arguments));
    return ChildProcess.run(command);
  }

  private boolean answers() {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(address()))) {
      return channel.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    process.close();
    for (String mountPoint : mountPoints().reversed()) {
      ChildProcess.run(List.of("umount", "-l", mountPoint));
    }
  }

  private List<String> mountPoints() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
        .map(line -> line.split(" ", -1)[4])
        .filter(mountPoint -> mountPoint.startsWith(directory + "/"))
        .toList();
  }
}
