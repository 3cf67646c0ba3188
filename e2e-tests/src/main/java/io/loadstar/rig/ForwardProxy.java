package io.loadstar.rig;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;

/**
 * Debian's tinyproxy on a free port of the loopback address; it wants a name and a password.
 * Thread-safe. Whoever started it closes it; its directory stays.
 */
public final class ForwardProxy implements AutoCloseable {

  private static final Duration START_LIMIT = Duration.ofSeconds(20);
  private static final int START_ATTEMPTS = 3;

  private final Daemon daemon;
  private final Path log;
  private final int port;

  private ForwardProxy(Daemon daemon, Path log, int port) {
    this.daemon = daemon;
    this.log = log;
    this.port = port;
  }

  /**
   * Starts one.
   *
   * @param directory an existing one, of its own
   */
  public static ForwardProxy start(Path directory, String name, String password)
      throws IOException, InterruptedException, TimeoutException {
    for (int attempt = 1; ; attempt++) {
      try {
        return startOnce(directory, name, password);
      } catch (IOException e) {
        // Somebody else may have taken the port that was free a moment ago.
        if (attempt == START_ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private static ForwardProxy startOnce(Path directory, String name, String password)
      throws IOException, InterruptedException, TimeoutException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Path log = directory.resolve("proxy.log");
    Path configuration = directory.resolve("proxy.conf");
    Files.writeString(
        configuration,
        """
        Port %d
        Listen 127.0.0.1
        Timeout 60
        LogFile "%s"
        LogLevel Connect
        MaxClients 50
        BasicAuth %s %s
        """
            .formatted(port, log, name, password));
    Path out = directory.resolve("proxy.out");
    Daemon daemon =
        Daemon.start(
            "tinyproxy", List.of("tinyproxy", "-d", "-c", configuration.toString()), out, out);
    try {
      daemon.await(START_LIMIT, () -> answers(port));
      return new ForwardProxy(daemon, log, port);
    } catch (IOException | InterruptedException | TimeoutException e) {
      daemon.close();
      throw e;
    }
  }

  private static boolean answers(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  /** Its port. */
  public int port() {
    return port;
  }

  /** How many tunnels to {@code target}, host and port, it was asked for. */
  public long tunnels(String target) throws IOException {
    return Files.readAllLines(log).stream()
        .filter(line -> line.contains("CONNECT " + target))
        .count();
  }

  @Override
  public void close() {
    daemon.close();
  }
}
