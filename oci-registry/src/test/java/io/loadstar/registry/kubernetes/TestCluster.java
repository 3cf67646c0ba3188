package io.loadstar.registry.kubernetes;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.loadstar.oci.JsonDocument;
import io.loadstar.registry.fake.TestAuthority;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;

/**
 * A cluster's API server, as far as it has secrets: lists them page by page and streams their
 * changes, over TLS, to who has its token or a certificate of {@link TestAuthority}'s. Thread-safe.
 */
final class TestCluster implements Closeable {

  static final String TOKEN = "cluster-token";

  private final HttpsServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final TreeMap<String, ObjectNode> secrets = new TreeMap<>();
  private final List<ObjectNode> events = new ArrayList<>();
  private final List<String> requests = new ArrayList<>();
  private int forgotten;
  private int epoch;

  TestCluster() throws IOException {
    server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(
        new HttpsConfigurator(TestAuthority.serverContext()) {
          @Override
          public void configure(HttpsParameters parameters) {
            SSLParameters wanted = getSSLContext().getDefaultSSLParameters();
            wanted.setWantClientAuth(true);
            parameters.setSSLParameters(wanted);
          }
        });
    server.setExecutor(threads);
    server.createContext("/api/v1/secrets", this::answer);
    server.start();
  }

  String url() {
    return "https://127.0.0.1:" + server.getAddress().getPort();
  }

  /** Every request so far, as its query. */
  synchronized List<String> requests() {
    return List.copyOf(requests);
  }

  synchronized void put(String name, String type, String document) {
    ObjectNode secret = JsonDocument.empty();
    secret.put("type", type);
    secret
        .putObject("metadata")
        .put("namespace", "team")
        .put("name", name)
        .put("resourceVersion", Integer.toString(events.size() + 1));
    secret
        .putObject("data")
        .put(".dockerconfigjson", Base64.getEncoder().encodeToString(document.getBytes(UTF_8)));
    happens(secrets.put(name, secret) == null ? "ADDED" : "MODIFIED", secret);
  }

  synchronized void delete(String name) {
    ObjectNode secret = Objects.requireNonNull(secrets.remove(name)).deepCopy();
    secret.withObject("/metadata").put("resourceVersion", Integer.toString(events.size() + 1));
    happens("DELETED", secret);
  }

  private void happens(String type, ObjectNode object) {
    ObjectNode event = JsonDocument.empty();
    event.put("type", type).set("object", object);
    events.add(event);
    notifyAll();
  }

  /** Ends all watches. */
  synchronized void hangUp() {
    epoch++;
    notifyAll();
  }

  /** From now on a watch from before now is answered with 410. */
  synchronized void forgetThePast() {
    forgotten = events.size();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      Map<String, String> query = query(exchange);
      synchronized (this) {
        requests.add(String.valueOf(exchange.getRequestURI().getQuery()));
      }
      if (!isKnown((HttpsExchange) exchange)) {
        exchange.sendResponseHeaders(403, -1);
      } else if (query.containsKey("watch")) {
        watch(exchange, Integer.parseInt(query.getOrDefault("resourceVersion", "0")));
      } else {
        byte[] page = JsonDocument.write(page(query));
        exchange.sendResponseHeaders(200, page.length);
        exchange.getResponseBody().write(page);
      }
    }
  }

  private static boolean isKnown(HttpsExchange exchange) {
    String authorization = exchange.getRequestHeaders().getFirst("Authorization");
    try {
      return ("Bearer " + TOKEN).equals(authorization)
          || exchange.getSSLSession().getPeerCertificates().length > 0;
    } catch (SSLPeerUnverifiedException e) {
      return false;
    }
  }

  private static Map<String, String> query(HttpExchange exchange) {
    Map<String, String> query = new HashMap<>();
    for (String part : exchange.getRequestURI().getQuery().split("&", -1)) {
      int equals = part.indexOf('=');
      query.put(part.substring(0, equals), part.substring(equals + 1));
    }
    return query;
  }

  /** Two secrets a page, whatever the limit. */
  private synchronized ObjectNode page(Map<String, String> query) {
    ObjectNode list = JsonDocument.empty();
    ObjectNode metadata = list.putObject("metadata");
    metadata.put("resourceVersion", Integer.toString(events.size()));
    ArrayNode items = list.putArray("items");
    for (Map.Entry<String, ObjectNode> secret :
        secrets.tailMap(query.getOrDefault("continue", ""), false).entrySet()) {
      if (items.size() == 2) {
        break;
      }
      items.add(secret.getValue());
      metadata.put("continue", secrets.higherKey(secret.getKey()) == null ? "" : secret.getKey());
    }
    list.put("kind", "SecretList");
    return list;
  }

  private void watch(HttpExchange exchange, int from) throws IOException {
    exchange.sendResponseHeaders(200, 0);
    int next = from;
    try (OutputStream body = exchange.getResponseBody()) {
      synchronized (this) {
        if (from < forgotten) {
          body.write("{\"type\":\"ERROR\",\"object\":{\"code\":410}}\n".getBytes(UTF_8));
          return;
        }
      }
      body.write(bookmark(from));
      body.flush();
      int begun = epoch();
      for (List<ObjectNode> news = after(next, begun);
          epoch() == begun;
          news = after(next, begun)) {
        for (ObjectNode event : news) {
          body.write(JsonDocument.write(event));
          body.write('\n');
          next++;
        }
        body.flush();
      }
    }
  }

  private static byte[] bookmark(int version) {
    return ("{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\""
            + version
            + "\"}}}\n")
        .getBytes(UTF_8);
  }

  private synchronized int epoch() {
    return epoch;
  }

  /** Waits for what happens after {@code version}; none if the watch is to end. */
  private synchronized List<ObjectNode> after(int version, int begun) {
    try {
      while (events.size() <= version && epoch == begun) {
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      epoch++;
    }
    return List.copyOf(events.subList(version, events.size()));
  }

  @Override
  public void close() {
    hangUp();
    threads.shutdownNow();
    server.stop(0);
  }
}
