package io.loadstar.registry.kubernetes;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.loadstar.registry.hosts.HostTls;
import io.loadstar.registry.tls.PemFile;
import io.loadstar.registry.tls.SecureSockets;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import okhttp3.Credentials;
import okhttp3.HttpUrl;

/**
 * A kubeconfig file: how a Kubernetes client reaches its cluster, of which the current context
 * counts. Immutable. Source: kubeconfig (v1) of Kubernetes' documentation.
 *
 * <p>Of the ways to log in it follows client certificates, tokens and passwords. What needs a
 * program or a provider of its own ({@code exec}, {@code auth-provider}) is refused, as is what
 * isn't followed but would change where we speak to ({@code proxy-url}, {@code tls-server-name}).
 * No message of it quotes what is in the file but names.
 */
final class KubeConfig {

  private static final int MAX_BYTES = 4 << 20;

  private final Path file;
  private final JsonNode cluster;
  private final JsonNode user;

  private KubeConfig(Path file, JsonNode cluster, JsonNode user) {
    this.file = file;
    this.cluster = cluster;
    this.user = user;
  }

  /**
   * Reads the file and finds its current context.
   *
   * @throws IOException if it can't be read or has none
   */
  static KubeConfig read(Path file) throws IOException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    }
    if (bytes.length > MAX_BYTES) {
      throw new IOException(file + ": larger than " + MAX_BYTES + " bytes");
    }
    JsonNode document;
    try {
      document = new YAMLMapper().readTree(new String(bytes, StandardCharsets.UTF_8));
    } catch (JsonProcessingException e) {
      // Not as the cause: a parser's message quotes what it stumbled on.
      throw new IOException(file + ": not YAML");
    }
    JsonNode context =
        named(file, document, "contexts", document.path("current-context").asText(""))
            .path("context");
    return new KubeConfig(
        file,
        named(file, document, "clusters", context.path("cluster").asText("")).path("cluster"),
        named(file, document, "users", context.path("user").asText("")).path("user"));
  }

  private static JsonNode named(Path file, JsonNode document, String list, String name)
      throws IOException {
    for (JsonNode row : document.path(list)) {
      if (row.path("name").asText("").equals(name)) {
        return row;
      }
    }
    throw new IOException(file + ": " + list + " has nothing that is called \"" + name + "\"");
  }

  /**
   * The server that it leads to.
   *
   * @throws IOException if what it says can't be followed
   */
  ApiServer server() throws IOException {
    refuse(cluster, List.of("proxy-url", "tls-server-name"));
    refuse(user, List.of("exec", "auth-provider"));
    HttpUrl url = HttpUrl.parse(cluster.path("server").asText(""));
    if (url == null || !url.isHttps()) {
      throw new IOException(file + ": server must be a URL with https");
    }
    Optional<PemFile> certificate = pem(user, "client-certificate");
    Optional<PemFile> key = pem(user, "client-key");
    return new ApiServer(
        url,
        pem(cluster, "certificate-authority"),
        cluster.path("insecure-skip-tls-verify").asBoolean(false)
            ? HostTls.Check.NONE
            : HostTls.Check.FULL,
        certificate.isPresent() && key.isPresent()
            ? Optional.of(new SecureSockets.Identity(certificate.get(), key.get()))
            : Optional.empty(),
        authorization());
  }

  private void refuse(JsonNode where, List<String> keys) throws IOException {
    for (String key : keys) {
      if (where.has(key)) {
        throw new IOException(file + ": " + key + " isn't followed here");
      }
    }
  }

  /** What {@code key} names or, in base64, {@code key-data} has, which counts first. */
  private Optional<PemFile> pem(JsonNode where, String key) throws IOException {
    String data = where.path(key + "-data").asText("");
    if (!data.isEmpty()) {
      try {
        return Optional.of(PemFile.of(file, Base64.getDecoder().decode(data)));
      } catch (IllegalArgumentException e) {
        throw new IOException(file + ": " + key + "-data isn't base64");
      }
    }
    String path = where.path(key).asText("");
    return path.isEmpty() ? Optional.empty() : Optional.of(PemFile.read(file.resolveSibling(path)));
  }

  private Optional<String> authorization() throws IOException {
    String token = user.path("token").asText("");
    String tokenFile = user.path("tokenFile").asText("");
    String name = user.path("username").asText("");
    if (!tokenFile.isEmpty()) {
      return Optional.of("Bearer " + PodAccount.token(file.resolveSibling(tokenFile)));
    }
    if (!token.isEmpty()) {
      return Optional.of("Bearer " + PodAccount.usable(token, file));
    }
    return name.isEmpty()
        ? Optional.empty()
        : Optional.of(
            Credentials.basic(name, user.path("password").asText(""), StandardCharsets.UTF_8));
  }
}
