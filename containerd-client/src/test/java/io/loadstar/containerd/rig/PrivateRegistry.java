package io.loadstar.containerd.rig;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A registry of a test's own, on loopback, its storage in one directory. */
public final class PrivateRegistry implements AutoCloseable {

  private static final Path PROGRAM = Path.of("/usr/bin/docker-registry");

  private final Path directory;
  private final int port;
  private final ChildProcess process;

  private PrivateRegistry(Path directory, int port, ChildProcess process) {
    this.directory = directory;
    this.port = port;
    this.process = process;
  }

  /** Skips the test, with the reason, where there can't be one. */
  public static void assumePossible() {
    assumeTrue(Files.isExecutable(PROGRAM), "skipped: needs " + PROGRAM);
  }

  /** Starts one in an empty directory; ready when this returns. */
  public static PrivateRegistry start(Path directory) throws IOException, InterruptedException {
    int port = freePort();
    Path config = directory.resolve("registry.yml");
    Files.writeString(
        config,
        """
        version: 0.1
        log: {level: warn}
        storage: {filesystem: {rootdirectory: "%s"}}
        http: {addr: "127.0.0.1:%d"}
        """
            .formatted(directory.resolve("storage"), port));
    ChildProcess process =
        ChildProcess.start(
            directory.resolve("registry.log"),
            List.of(PROGRAM.toString(), "serve", config.toString()));
    PrivateRegistry registry = new PrivateRegistry(directory, port, process);
    process.await(registry::answers);
    return registry;
  }

  /** Its host as references name it. */
  public String host() {
    return "127.0.0.1:" + port;
  }

  /** The file that holds a blob's bytes. */
  public Path blob(String hex) {
    return directory.resolve(
        "storage/docker/registry/v2/blobs/sha256/" + hex.substring(0, 2) + "/" + hex + "/data");
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private boolean answers() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void close() {
    process.close();
  }
}
