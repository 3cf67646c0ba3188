package io.loadstar.daemon;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;

/**
 * Answers {@code GET /metrics} and {@code GET /healthz}. Thread-safe; closed by who started it.
 * Whoever answers at all is healthy: it is started after everything else.
 */
final class MetricsServer implements Closeable {

  private static final int MOST_PORTS = 65_535;

  private final HttpServer server;

  private MetricsServer(HttpServer server) {
    this.server = server;
  }

  /**
   * Starts to answer.
   *
   * @param address {@code host:port}; without a host, all of this machine's addresses
   * @throws IOException if that isn't an address, or can't be listened on
   */
  static MetricsServer start(String address, Metrics metrics) throws IOException {
    HttpServer server;
    try {
      server = HttpServer.create(parse(address), 0);
    } catch (IOException e) {
      throw new IOException("metrics_address " + address + ": " + e.getMessage(), e);
    }
    server.createContext(
        "/metrics", exchange -> answer(exchange, Metrics.CONTENT_TYPE, metrics::page));
    server.createContext("/healthz", exchange -> answer(exchange, "text/plain", () -> "ok\n"));
    server.start();
    return new MetricsServer(server);
  }

  private static InetSocketAddress parse(String address) throws IOException {
    int colon = address.lastIndexOf(':');
    try {
      int port = Integer.parseInt(address.substring(colon + 1));
      if (colon < 0 || port < 0 || port > MOST_PORTS) {
        throw new IOException("not host:port");
      }
      return colon == 0
          ? new InetSocketAddress(port)
          : new InetSocketAddress(address.substring(0, colon), port);
    } catch (NumberFormatException e) {
      throw new IOException("not host:port", e);
    }
  }

  private static void answer(HttpExchange exchange, String type, Supplier<String> body)
      throws IOException {
    try (exchange) {
      if (!exchange.getRequestMethod().equals("GET")) {
        exchange.sendResponseHeaders(405, -1);
        return;
      }
      byte[] bytes = body.get().getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", type);
      exchange.sendResponseHeaders(200, bytes.length);
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(bytes);
      }
    }
  }

  /** Where it listens. */
  String address() {
    InetSocketAddress address = server.getAddress();
    return address.getAddress().getHostAddress() + ":" + address.getPort();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
