package io.loadstar.registry.hosts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.toml.TomlMapper;
import io.loadstar.oci.GoDuration;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One {@code hosts.toml}. Used once. Source: containerd, docs/hosts.md, and what its reader
 * (core/remotes/docker/config) takes beyond that.
 *
 * <pre>
 * server = "https://registry.example"      # asked last; without it the registry itself
 * ca, client, skip_verify, header, …       # the server's
 *
 * [host."https://mirror.example:5000"]     # asked first, in the order of the file
 *   capabilities = ["pull", "resolve"]     # "push", "referrers"; without it all
 *   ca = "mirror.crt"                      # or a list; relative to the file's directory
 *   client = [["mirror.cert", "mirror.key"]]   # or one file with both, or a list of such
 *   skip_verify = false
 *   override_path = false                  # true: the URL's path is the API's, without a /v2
 *   dial_timeout = "1s"
 *   [host."https://mirror.example:5000".header]
 *     X-Name = ["value"]                   # or "value"
 * </pre>
 */
final class HostsFile {

  private static final int MAX_BYTES = 1 << 20;

  private final Path directory;
  private final ObjectNode root;

  private HostsFile(Path directory, ObjectNode root) {
    this.directory = directory;
    this.root = root;
  }

  /**
   * Reads a file.
   *
   * @throws IOException if it can't be read or isn't TOML
   */
  static HostsFile read(Path file) throws IOException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    }
    if (bytes.length > MAX_BYTES) {
      throw new IOException("it is larger than " + MAX_BYTES + " bytes");
    }
    if (new TomlMapper().readTree(bytes) instanceof ObjectNode root) {
      return new HostsFile(directoryOf(file), root);
    }
    throw new IOException("it isn't a TOML document");
  }

  private static Path directoryOf(Path file) {
    Path parent = file.toAbsolutePath().getParent();
    return parent == null ? Path.of("/") : parent;
  }

  /**
   * The hosts in their order, the server last.
   *
   * @param usual the server where the file names none
   * @throws IOException if a value can't be followed
   */
  List<ConfiguredHost> hosts(ConfiguredHost usual) throws IOException {
    List<ConfiguredHost> hosts = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : table(root, "host").properties()) {
      if (!(entry.getValue() instanceof ObjectNode table)) {
        throw new IOException("host." + entry.getKey() + " is no table");
      }
      hosts.add(host(entry.getKey(), table));
    }
    String server = text(root, "server");
    hosts.add(server.isEmpty() ? usual.with(tls(root)) : host(server, root));
    return hosts;
  }

  private ConfiguredHost host(String name, ObjectNode table) throws IOException {
    try {
      return new ConfiguredHost(
          base(name, flag(table, "override_path")),
          capabilities(table),
          tls(table),
          headers(table),
          connect(table));
    } catch (IllegalArgumentException e) {
      throw new IOException("host \"" + name + "\": " + e.getMessage(), e);
    }
  }

  private static URI base(String name, boolean overridePath) throws IOException {
    URI url = URI.create(name.contains("://") ? name : "https://" + name).normalize();
    String scheme = String.valueOf(url.getScheme());
    if (!scheme.equals("https") && !scheme.equals("http")) {
      throw new IOException("host \"" + name + "\" is neither http nor https");
    }
    String path = url.getRawPath() == null ? "" : url.getRawPath().replaceAll("/+$", "");
    String api = overridePath || path.endsWith("/v2") ? path : path + "/v2";
    return URI.create(scheme + "://" + url.getRawAuthority() + api);
  }

  private static Set<HostCapability> capabilities(ObjectNode table) throws IOException {
    List<String> named = texts(table, "capabilities");
    if (named.isEmpty()) {
      return EnumSet.allOf(HostCapability.class);
    }
    Set<HostCapability> capabilities = EnumSet.noneOf(HostCapability.class);
    for (String name : named) {
      switch (name.toLowerCase(Locale.ROOT)) {
        case "pull" -> capabilities.add(HostCapability.PULL);
        case "resolve" -> capabilities.add(HostCapability.RESOLVE);
        case "push" -> capabilities.add(HostCapability.PUSH);
        case "referrers" -> capabilities.add(HostCapability.REFERRERS);
        default -> throw new IOException("unknown capability \"" + name + "\"");
      }
    }
    return capabilities;
  }

  private HostTls tls(ObjectNode table) throws IOException {
    List<Path> authorities = new ArrayList<>();
    for (String file : texts(table, "ca")) {
      authorities.add(directory.resolve(file));
    }
    return new HostTls(
        authorities,
        clients(table),
        flag(table, "skip_verify") ? HostTls.Check.NONE : HostTls.Check.FULL);
  }

  private List<ClientCertificate> clients(ObjectNode table) throws IOException {
    List<ClientCertificate> clients = new ArrayList<>();
    for (JsonNode one : each(table, "client")) {
      boolean pair = one.size() == 2 && one.path(0).isTextual() && one.path(1).isTextual();
      if (!pair && !one.isTextual()) {
        throw new IOException("client is neither a file nor a pair of files");
      }
      Path certificate = directory.resolve(pair ? one.path(0).textValue() : one.textValue());
      Path key = pair ? directory.resolve(one.path(1).textValue()) : certificate;
      clients.add(new ClientCertificate(certificate, key));
    }
    return clients;
  }

  private static Map<String, List<String>> headers(ObjectNode table) throws IOException {
    Map<String, List<String>> headers = new HashMap<>();
    ObjectNode header = table(table, "header");
    for (Map.Entry<String, JsonNode> entry : header.properties()) {
      headers.put(entry.getKey(), texts(header, entry.getKey()));
    }
    return headers;
  }

  private static Optional<Duration> connect(ObjectNode table) throws IOException {
    String time = text(table, "dial_timeout");
    return time.isEmpty() ? Optional.empty() : Optional.of(GoDuration.parse(time));
  }

  private static ObjectNode table(ObjectNode parent, String key) throws IOException {
    JsonNode value = parent.path(key);
    if (value.isMissingNode()) {
      return parent.objectNode();
    }
    if (value instanceof ObjectNode table) {
      return table;
    }
    throw new IOException(key + " is no table");
  }

  private static String text(ObjectNode table, String key) throws IOException {
    JsonNode value = table.path(key);
    if (!value.isMissingNode() && !value.isTextual()) {
      throw new IOException(key + " is no string");
    }
    return value.asText("");
  }

  private static boolean flag(ObjectNode table, String key) throws IOException {
    JsonNode value = table.path(key);
    if (!value.isMissingNode() && !value.isBoolean()) {
      throw new IOException(key + " is neither true nor false");
    }
    return value.asBoolean(false);
  }

  /** What stands alone, or in a list. */
  private static Iterable<JsonNode> each(ObjectNode table, String key) throws IOException {
    JsonNode value = table.path(key);
    if (value.isMissingNode() || value.isArray()) {
      return value;
    }
    if (value.isTextual()) {
      return List.of(value);
    }
    throw new IOException(key + " is neither a string nor a list");
  }

  /** One string, or a list of strings. */
  private static List<String> texts(ObjectNode table, String key) throws IOException {
    List<String> texts = new ArrayList<>();
    for (JsonNode one : each(table, key)) {
      if (!one.isTextual()) {
        throw new IOException(key + " is neither a string nor a list of strings");
      }
      texts.add(one.textValue());
    }
    return texts;
  }
}
