package io.loadstar.registry;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * A forward proxy for tests: Debian's tinyproxy as a process of its own, on a free loopback port,
 * with its log in a directory of the test's. It wants the name {@code me} and the password {@code
 * hidden}.
 */
final class ForwardProxy implements AutoCloseable {

  private static final Path PROGRAM = Path.of("/usr/bin/tinyproxy");
  private static final Duration START_LIMIT = Duration.ofSeconds(20);
  private static final int START_ATTEMPTS = 3;

  private final Process process;
  private final Path log;
  private final int port;

  private ForwardProxy(Process process, Path log, int port) {
    this.process = process;
    this.log = log;
    this.port = port;
  }

  /** Starts one. Skips the test where tinyproxy isn't installed. */
  static ForwardProxy start(Path directory) throws IOException, InterruptedException {
    Assumptions.assumeTrue(
        Files.isExecutable(PROGRAM), "skipped: needs /usr/bin/tinyproxy (apt: tinyproxy)");
    for (int attempt = 1; ; attempt++) {
      try {
        return startOnce(directory);
      } catch (IOException e) {
        // Somebody else may have taken the port that was free a moment ago.
        if (attempt == START_ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private static ForwardProxy startOnce(Path directory) throws IOException, InterruptedException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Path log = directory.resolve("tinyproxy.log");
    Path config = directory.resolve("tinyproxy.conf");
    Files.writeString(
        config,
        """
        Port %d
        Listen 127.0.0.1
        Timeout 60
        LogFile "%s"
        LogLevel Connect
        MaxClients 50
        BasicAuth me hidden
        """
            .formatted(port, log));
    Process process =
        new ProcessBuilder(PROGRAM.toString(), "-d", "-c", config.toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("tinyproxy.out").toFile())
            .start();
    ForwardProxy proxy = new ForwardProxy(process, log, port);
    try {
      proxy.awaitStart();
      return proxy;
    } catch (IOException | InterruptedException e) {
      proxy.close();
      throw e;
    }
  }

  private void awaitStart() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + START_LIMIT.toNanos();
    while (true) {
      try {
        new Socket(InetAddress.getLoopbackAddress(), port).close();
        return;
      } catch (IOException e) {
        if (System.nanoTime() - deadline > 0 || process.waitFor(50, TimeUnit.MILLISECONDS)) {
          throw new IOException("tinyproxy doesn't start, see " + log, e);
        }
      }
    }
  }

  int port() {
    return port;
  }

  /** The lines of its log so far that contain {@code text}. */
  List<String> log(String text) throws IOException {
    return Files.readAllLines(log).stream().filter(line -> line.contains(text)).toList();
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
