package io.loadstar.registry;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import javax.net.SocketFactory;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * Sockets that send what is written at once (TCP_NODELAY, tcp(7)). Immutable.
 *
 * <p>The HTTP client leaves sockets as the system makes them: with Nagle's algorithm (RFC 9293,
 * section 3.7.4), a small frame of HTTP/2 behind another one waits until the peer has acknowledged
 * that, which the peer puts off by 40 ms unless it has something to say. An upload, which stops at
 * each end of the peer's window, got 4 MB/s on the loopback interface that way, and 35 without.
 */
final class PromptSockets extends SocketFactory {

  private final Kind kind;

  /** Makes one that isn't connected yet, which is how the HTTP client asks for them. */
  @FunctionalInterface
  private interface Kind {
    Socket make() throws IOException;
  }

  private PromptSockets(Kind kind) {
    this.kind = kind;
  }

  /** To servers, and to proxies that are spoken to in the clear. */
  static PromptSockets plain() {
    return new PromptSockets(Socket::new);
  }

  /** To a proxy that is itself spoken to under TLS, with its name checked. */
  static PromptSockets toSecureProxy(SSLSocketFactory factory) {
    return new PromptSockets(() -> {
      SSLSocket socket = (SSLSocket) factory.createSocket();
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      socket.setSSLParameters(parameters);
      return socket;
    });
  }

  @Override
  public Socket createSocket() throws IOException {
    Socket socket = kind.make();
    socket.setTcpNoDelay(true);
    return socket;
  }

  @Override
  public Socket createSocket(String host, int port) throws IOException {
    return connected(new InetSocketAddress(host, port));
  }

  @Override
  public Socket createSocket(InetAddress host, int port) throws IOException {
    return connected(new InetSocketAddress(host, port));
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress local, int localPort)
      throws IOException {
    return connected(new InetSocketAddress(host, port));
  }

  @Override
  public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort)
      throws IOException {
    return connected(new InetSocketAddress(host, port));
  }

  private Socket connected(InetSocketAddress address) throws IOException {
    Socket socket = createSocket();
    socket.connect(address);
    return socket;
  }
}
