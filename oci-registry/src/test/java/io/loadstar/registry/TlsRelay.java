package io.loadstar.registry;

import io.loadstar.registry.fake.TestAuthority;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import javax.net.ssl.SSLSocketFactory;

/** Takes off TLS in front of a server on this machine that speaks none. */
final class TlsRelay implements AutoCloseable {

  private final ServerSocket server;
  private final int target;
  private final SSLSocketFactory sockets = TestAuthority.serverSockets();

  TlsRelay(int target) throws IOException {
    this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    this.target = target;
    Thread.ofPlatform().daemon().name("tls-relay").start(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  private void accept() {
    try {
      while (true) {
        Socket plain = server.accept();
        Socket client = sockets.createSocket(plain, InputStream.nullInputStream(), true);
        Socket upstream = new Socket(InetAddress.getLoopbackAddress(), target);
        Thread.ofPlatform().daemon().start(() -> pass(client, upstream));
        Thread.ofPlatform().daemon().start(() -> pass(upstream, client));
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  private static void pass(Socket from, Socket to) {
    try (from;
        to) {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException e) {
      // One end is gone, and so the other goes.
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
