package io.loadstar.daemon;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.loadstar.blob.Digest;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A registry that has blobs only, counts what it is asked, and can be away for a while. */
final class BlobServer implements Closeable {

  private static final Pattern BLOB = Pattern.compile("/v2/.+/blobs/(sha256:[0-9a-f]{64})");
  private static final Pattern RANGE = Pattern.compile("bytes=(\\d*)-(\\d*)");

  private final Map<String, byte[]> blobs = new ConcurrentHashMap<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private HttpServer server;

  BlobServer() throws IOException {
    server = start(0);
  }

  private HttpServer start(int port) throws IOException {
    HttpServer started =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    started.createContext("/", this::answer);
    started.start();
    return started;
  }

  /** An image's name in this registry. */
  String image() {
    return "127.0.0.1:" + server.getAddress().getPort() + "/test/image:latest";
  }

  Digest add(byte[] blob) {
    Digest digest = Digest.of(blob);
    blobs.put(digest.toString(), blob);
    return digest;
  }

  /** "digest range" of each request so far. */
  List<String> requests() {
    return List.copyOf(requests);
  }

  void goAway() {
    server.stop(0);
  }

  void comeBack() throws IOException {
    server = start(server.getAddress().getPort());
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      Matcher path = BLOB.matcher(exchange.getRequestURI().getPath());
      byte[] blob = path.matches() ? blobs.get(path.group(1)) : null;
      String range = exchange.getRequestHeaders().getFirst("Range");
      requests.add(exchange.getRequestURI().getPath() + " " + range);
      if (blob == null) {
        exchange.sendResponseHeaders(404, -1);
        return;
      }
      send(exchange, blob, range);
    }
  }

  private static void send(HttpExchange exchange, byte[] blob, @Nullable String range)
      throws IOException {
    Matcher bounds = RANGE.matcher(range == null ? "" : range);
    int first = 0;
    int last = blob.length - 1;
    if (bounds.matches()) {
      boolean suffix = bounds.group(1).isEmpty();
      int from = suffix ? 0 : Integer.parseInt(bounds.group(1));
      first = suffix ? Math.max(0, blob.length - Integer.parseInt(bounds.group(2))) : from;
      last =
          suffix || bounds.group(2).isEmpty()
              ? last
              : Math.min(last, Integer.parseInt(bounds.group(2)));
      exchange
          .getResponseHeaders()
          .set("Content-Range", "bytes " + first + "-" + last + "/" + blob.length);
    }
    int length = last - first + 1;
    exchange.sendResponseHeaders(bounds.matches() ? 206 : 200, length);
    if (!exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseBody().write(blob, first, length);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
