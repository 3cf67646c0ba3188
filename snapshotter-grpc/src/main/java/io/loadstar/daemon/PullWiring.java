package io.loadstar.daemon;

import io.loadstar.grpc.SocketFile;
import io.loadstar.pull.served.DaemonPull;
import io.loadstar.pull.served.PullServer;
import java.io.Closeable;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The part of {@link Wiring} that takes orders for pulls, on a socket beside the snapshots' own.
 * Not thread-safe; closed before what pulls need. Its threads are {@link PullServer}'s.
 */
final class PullWiring implements Closeable {

  private static final Logger log = LoggerFactory.getLogger(PullWiring.class);

  private final SocketFile file;
  private final PullServer server;

  private PullWiring(SocketFile file, PullServer server) {
    this.file = file;
    this.server = server;
  }

  /**
   * Starts to take orders, if that is wanted and there is room for the socket's name. Who finds no
   * such socket pulls by himself: so nothing of this ends a start.
   *
   * @param address the snapshots' socket, which is there
   * @param ahead is told of layers that will be prepared
   * @param daemon gets what is started
   */
  static void start(
      Path address, Configuration.Pulls wanted, PullServer.LayersAhead ahead, Daemon daemon) {
    if (!wanted.served()) {
      return;
    }
    Path path = DaemonPull.socket(address.toAbsolutePath().normalize());
    try {
      SocketFile file = SocketFile.prepare(path);
      ServerSocketChannel listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      try {
        listening.bind(file.passing());
        file.publish();
      } catch (IOException | RuntimeException e) {
        listening.close();
        file.discard();
        throw e;
      }
      PullServer server =
          PullServer.start(listening, new PullServer.Snapshotter(address, ahead), wanted.atOnce());
      var _ = daemon.add(new PullWiring(file, server));
      log.atInfo().addKeyValue("address", path).log("taking orders for pulls");
    } catch (IOException e) {
      log.atWarn()
          .addKeyValue("address", path)
          .addKeyValue("error", e.getMessage())
          .log("no orders for pulls are taken: loadstar pull does them by itself");
    }
  }

  @Override
  public void close() throws IOException {
    file.unlink();
    server.close();
  }
}
