package io.loadstar.registry.fake;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ServerSocketFactory;

/** Makes server sockets, and can break all connections that have come in by them. Thread-safe. */
final class OpenConnections extends ServerSocketFactory {

  private final Set<Socket> open = ConcurrentHashMap.newKeySet();

  void closeAll() {
    for (Socket socket : List.copyOf(open)) {
      try {
        socket.close();
      } catch (IOException e) {
        // It is closed already.
      }
    }
  }

  @Override
  public ServerSocket createServerSocket() throws IOException {
    return new ServerSocket() {
      @Override
      public Socket accept() throws IOException {
        Socket accepted = super.accept();
        // As servers do: else each update of a window of HTTP/2 waits 40 ms for the client's ACK.
        accepted.setTcpNoDelay(true);
        open.removeIf(Socket::isClosed);
        open.add(accepted);
        return accepted;
      }
    };
  }

  @Override
  public ServerSocket createServerSocket(int port) {
    throw new UnsupportedOperationException("a server socket is bound by its user");
  }

  @Override
  public ServerSocket createServerSocket(int port, int backlog) {
    throw new UnsupportedOperationException("a server socket is bound by its user");
  }

  @Override
  public ServerSocket createServerSocket(int port, int backlog, InetAddress address) {
    throw new UnsupportedOperationException("a server socket is bound by its user");
  }
}
