package io.loadstar.credentials;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.loadstar.oci.JsonDocument;
import io.loadstar.oci.MalformedDocumentException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The credentials that {@code docker login} or {@code podman login} left: {@code config.json} or
 * {@code auth.json} with its {@code auths}, and the helpers that {@code credHelpers} and {@code
 * credsStore} name. An entry may be for a registry or for a part of its repositories, {@code
 * host/path}. Thread-safe. The file is read anew for each question, since a login may come at any
 * time; answers are kept by those who ask.
 */
public final class DockerConfigCredentials implements CredentialSource {

  /** The key under which docker keeps Docker Hub's credentials. */
  private static final String DOCKER_HUB_KEY = "https://index.docker.io/v1/";

  private static final int MAX_CONFIG_BYTES = 4 << 20;

  private final Path file;
  private final Map<String, String> environment;

  /**
   * @param file the {@code config.json}, which need not exist
   */
  public DockerConfigCredentials(Path file) {
    this(file, System.getenv());
  }

  /**
   * @param environment what is set for the helpers that the file names
   */
  DockerConfigCredentials(Path file, Map<String, String> environment) {
    this.file = file;
    this.environment = environment;
  }

  @Override
  public Credentials find(String host) throws IOException {
    return find(keys(host), host);
  }

  @Override
  public Credentials find(String host, String repository) throws IOException {
    List<String> keys = new ArrayList<>();
    // The most particular first: host/a/b, host/a, host.
    for (String path = repository; !path.isEmpty(); path = parent(path)) {
      keys.add(host + "/" + path);
    }
    keys.addAll(keys(host));
    return find(keys, host);
  }

  private static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash < 0 ? "" : path.substring(0, slash);
  }

  private Credentials find(List<String> keys, String host) throws IOException {
    Optional<ObjectNode> config = read();
    if (config.isEmpty()) {
      return new Credentials.Anonymous();
    }
    for (String key : keys) {
      if (config.get().path("auths").path(key) instanceof ObjectNode entry
          && key.contains("/")
          && !keys(host).contains(key)) {
        return credentials(entry, key);
      }
    }
    Optional<CredentialHelper> helper = helper(config.get(), keys);
    if (helper.isPresent()) {
      Credentials found = helper.get().get(keys(host).getFirst());
      if (!(found instanceof Credentials.Anonymous)) {
        return found;
      }
    }
    return inFile(config.get(), host);
  }

  private Optional<ObjectNode> read() throws IOException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_CONFIG_BYTES + 1);
    } catch (NoSuchFileException | NotDirectoryException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new CredentialException(
          "credentials in " + file + " can't be read – check its permissions", e);
    }
    if (bytes.length > MAX_CONFIG_BYTES) {
      throw new CredentialException(
          "credentials in " + file + ": larger than " + MAX_CONFIG_BYTES + " bytes", null);
    }
    try {
      return Optional.of(JsonDocument.parse(bytes, file.toString()));
    } catch (MalformedDocumentException e) {
      // Not as the cause: a parser's message quotes what it stumbled on.
      throw new CredentialException(
          "credentials in " + file + ": not valid JSON – repair it", null);
    }
  }

  private Optional<CredentialHelper> helper(ObjectNode config, List<String> keys)
      throws CredentialException {
    for (String key : keys) {
      JsonNode own = config.path("credHelpers").path(key);
      if (own.isTextual() && !own.textValue().isEmpty()) {
        return Optional.of(CredentialHelper.named(own.textValue(), environment));
      }
    }
    JsonNode store = config.path("credsStore");
    return store.isTextual() && !store.textValue().isEmpty()
        ? Optional.of(CredentialHelper.named(store.textValue(), environment))
        : Optional.empty();
  }

  private Credentials inFile(ObjectNode config, String host) throws CredentialException {
    JsonNode auths = config.path("auths");
    for (String key : keys(host)) {
      if (auths.path(key) instanceof ObjectNode entry) {
        return credentials(entry, key);
      }
    }
    for (Map.Entry<String, JsonNode> entry : auths.properties()) {
      if (keys(host).contains(bareHost(entry.getKey()))
          && entry.getValue() instanceof ObjectNode value) {
        return credentials(value, entry.getKey());
      }
    }
    return new Credentials.Anonymous();
  }

  private Credentials credentials(ObjectNode entry, String key) throws CredentialException {
    return DockerAuth.read(entry, "credentials in " + file + " for " + key);
  }

  /** What {@code host} may be called in the file, the most usual first. */
  private static List<String> keys(String host) {
    return host.equals("docker.io")
        ? List.of(DOCKER_HUB_KEY, "index.docker.io", "docker.io", "registry-1.docker.io")
        : List.of(host);
  }

  /** {@code https://host:port/v1/} without scheme and path; a part of a registry is no host. */
  private static String bareHost(String key) {
    int scheme = key.indexOf("://");
    String rest = scheme < 0 ? key : key.substring(scheme + "://".length());
    int slash = rest.indexOf('/');
    if (slash < 0) {
      return rest.toLowerCase(Locale.ROOT);
    }
    boolean api = scheme >= 0 || rest.substring(slash).matches("/(v[12]/?)?");
    return api ? rest.substring(0, slash).toLowerCase(Locale.ROOT) : "";
  }
}
