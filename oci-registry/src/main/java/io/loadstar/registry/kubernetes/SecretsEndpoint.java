package io.loadstar.registry.kubernetes;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.loadstar.credentials.PullSecrets;
import io.loadstar.registry.hosts.HostTls;
import io.loadstar.registry.tls.SecureSockets;
import java.io.Closeable;
import java.io.IOException;
import java.net.Proxy;
import java.time.Duration;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import okhttp3.ConnectionSpec;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okio.BufferedSource;

/**
 * {@code /api/v1/secrets} of a cluster, all namespaces, those that are for registries. Not
 * thread-safe; closed by who made it. Source: Kubernetes' API concepts, "Efficient detection of
 * changes" and "Retrieving large results sets in chunks".
 */
final class SecretsEndpoint implements Closeable {

  private static final String TYPE = "kubernetes.io/dockerconfigjson";
  private static final String KEY = ".dockerconfigjson";

  private static final int PAGE = 100;
  private static final int MAX_PAGES = 1000;

  /** A secret has at most 1 MiB, in base64 a third more; the rest of its object is far smaller. */
  private static final int MAX_OBJECT_BYTES = 4 << 20;

  private static final long MAX_PAGE_BYTES = (long) PAGE * MAX_OBJECT_BYTES;

  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration ANSWER = Duration.ofSeconds(30);

  /** After that the server ends a watch, and it is begun again where it was. */
  private static final Duration WATCH = Duration.ofMinutes(4);

  private static final int GONE = 410;

  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(100)
                          .maxStringLength(MAX_OBJECT_BYTES)
                          .maxDocumentLength(MAX_PAGE_BYTES)
                          .build())
                  .build())
          .build();

  private final ApiServer server;
  private final OkHttpClient client;

  /** What is to be watched from isn't known to the server any more. */
  static final class GoneException extends IOException {
    private static final long serialVersionUID = 1;
  }

  SecretsEndpoint(ApiServer server) throws IOException {
    this.server = server;
    SecureSockets sockets = server.sockets();
    OkHttpClient.Builder builder =
        new OkHttpClient.Builder()
            .proxy(Proxy.NO_PROXY)
            .connectionSpecs(List.of(ConnectionSpec.MODERN_TLS))
            .sslSocketFactory(sockets.factory(), sockets.trust())
            .followRedirects(false)
            .connectTimeout(CONNECT)
            .readTimeout(ANSWER);
    if (sockets.check() == HostTls.Check.NONE) {
      builder.hostnameVerifier((name, session) -> true);
    }
    this.client = builder.build();
  }

  /**
   * Has {@code secrets} as they are now.
   *
   * @return the version of the list, from which on it can be watched
   */
  String list(PullSecrets secrets) throws IOException {
    Set<String> names = new HashSet<>();
    String next = "";
    for (int pages = 0; pages < MAX_PAGES; pages++) {
      HttpUrl.Builder url = url().addQueryParameter("limit", Integer.toString(PAGE));
      if (!next.isEmpty()) {
        url.addQueryParameter("continue", next);
      }
      JsonNode metadata;
      try (Response response = get(client, url.build())) {
        metadata = page(response, secrets, names);
      }
      next = metadata.path("continue").asText("");
      if (next.isEmpty()) {
        secrets.keepOnly(names);
        return metadata.path("resourceVersion").asText("");
      }
    }
    throw new IOException("API server " + server.url() + " lists secrets without an end");
  }

  /** Reads a page secret by secret, and gives the list's metadata. */
  private JsonNode page(Response response, PullSecrets secrets, Set<String> names)
      throws IOException {
    JsonNode metadata = JSON.createObjectNode();
    try (JsonParser parser = JSON.createParser(response.body().byteStream())) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw nonsense();
      }
      for (String field = parser.nextFieldName(); field != null; field = parser.nextFieldName()) {
        parser.nextToken();
        if (field.equals("metadata")) {
          metadata = JSON.readTree(parser);
        } else if (field.equals("items") && parser.currentToken() == JsonToken.START_ARRAY) {
          while (parser.nextToken() == JsonToken.START_OBJECT) {
            names.add(put(JSON.readTree(parser), secrets));
          }
        } else {
          parser.skipChildren();
        }
      }
      return metadata;
    } catch (JsonProcessingException e) {
      // Not as the cause: a parser's message may quote a secret.
      throw nonsense();
    }
  }

  /**
   * Follows changes until the server ends the watch.
   *
   * @param version from which on
   * @return the version from which on to go on
   * @throws GoneException if it has to be listed anew
   */
  String watch(String version, PullSecrets secrets) throws IOException {
    HttpUrl url =
        url()
            .addQueryParameter("watch", "true")
            .addQueryParameter("resourceVersion", version)
            .addQueryParameter("allowWatchBookmarks", "true")
            .addQueryParameter("timeoutSeconds", Long.toString(WATCH.toSeconds()))
            .build();
    OkHttpClient patient = client.newBuilder().readTimeout(WATCH.plus(ANSWER)).build();
    String reached = version;
    try (Response response = get(patient, url)) {
      BufferedSource lines = response.body().source();
      while (!lines.exhausted()) {
        JsonNode event = event(lines.readUtf8LineStrict(MAX_OBJECT_BYTES));
        JsonNode object = event.path("object");
        follow(event.path("type").asText(""), object, secrets);
        reached = object.path("metadata").path("resourceVersion").asText(reached);
      }
    }
    return reached;
  }

  private JsonNode event(String line) throws IOException {
    try {
      return JSON.readTree(line);
    } catch (JsonProcessingException e) {
      throw nonsense();
    }
  }

  private void follow(String type, JsonNode object, PullSecrets secrets) throws IOException {
    switch (type) {
      case "ADDED", "MODIFIED" -> {
        var _ = put(object, secrets);
      }
      case "DELETED" -> secrets.remove(name(object));
      case "ERROR" -> {
        if (object.path("code").asInt() == GONE) {
          throw new GoneException();
        }
        throw nonsense();
      }
      default -> {} // BOOKMARK: only its version counts
    }
  }

  private static String put(JsonNode secret, PullSecrets secrets) {
    String name = name(secret);
    String encoded = secret.path("data").path(KEY).asText("");
    if (!secret.path("type").asText("").equals(TYPE)) {
      secrets.remove(name);
      return name;
    }
    byte[] document;
    try {
      document = Base64.getDecoder().decode(encoded);
    } catch (IllegalArgumentException e) {
      document = new byte[0];
    }
    secrets.put(name, document);
    return name;
  }

  private static String name(JsonNode object) {
    JsonNode metadata = object.path("metadata");
    return metadata.path("namespace").asText("") + "/" + metadata.path("name").asText("");
  }

  private HttpUrl.Builder url() {
    return server
        .url()
        .newBuilder()
        .addPathSegments("api/v1/secrets")
        .addQueryParameter("fieldSelector", "type=" + TYPE);
  }

  private Response get(OkHttpClient by, HttpUrl url) throws IOException {
    Request.Builder request =
        new Request.Builder()
            .url(url)
            .header("Accept", "application/json")
            .header("User-Agent", "loadstar");
    server.authorization().ifPresent(value -> request.header("Authorization", value));
    Response response = by.newCall(request.build()).execute();
    if (response.code() == 200) {
      return response;
    }
    response.close();
    if (response.code() == GONE) {
      throw new GoneException();
    }
    throw new IOException(
        "API server "
            + server.url()
            + " answered HTTP "
            + response.code()
            + " when asked for secrets – may this user list and watch them in all namespaces?");
  }

  private IOException nonsense() {
    return new IOException("API server " + server.url() + " sent something else than secrets");
  }

  @Override
  public void close() {
    client.dispatcher().cancelAll();
    client.connectionPool().evictAll();
    client.dispatcher().executorService().shutdown();
  }
}
