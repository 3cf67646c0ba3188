package io.loadstar.credentials;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.loadstar.oci.GoDuration;
import io.loadstar.oci.JsonDocument;
import io.loadstar.oci.MalformedDocumentException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One of a kubelet's credential provider plugins: a program that gets a {@code
 * CredentialProviderRequest} with the image and answers with a {@code CredentialProviderResponse}.
 * Thread-safe. Source: credentialprovider.kubelet.k8s.io/v1.
 *
 * <p>It runs once at a time; what it answers is used for as long as it says, or its configuration
 * does. Who waits for it then finds what it has answered.
 */
final class KubeletPlugin {

  /** A kubelet's own. */
  static final Duration TIME_LIMIT = Duration.ofMinutes(1);

  private static final int MAX_ANSWERS = 1000;
  private static final int MAX_ENTRIES = 1000;
  private static final String GROUP = "credentialprovider.kubelet.k8s.io/";

  private final Configured configured;
  private final InstantSource clock;
  private final ReentrantLock running = new ReentrantLock();

  /** By what they are good for; the oldest first. Guarded by itself. */
  private final LinkedHashMap<String, Kept> answers = new LinkedHashMap<>();

  /**
   * What the configuration says of it.
   *
   * @param name the program's
   * @param program the program
   * @param version of the protocol, with its group
   * @param images what it is asked for
   * @param kept how long an answer is used that doesn't say it itself
   */
  record Configured(
      String name, AskedProgram program, String version, List<ImagePattern> images, Duration kept) {

    Configured {
      images = List.copyOf(images);
      if (!version.matches("credentialprovider\\.kubelet\\.k8s\\.io/v1(alpha1|beta1)?")) {
        throw new IllegalArgumentException("apiVersion must be " + GROUP + "v1");
      }
    }

    private boolean matches(String host, String repository) {
      return images.stream().anyMatch(image -> image.matches(host, repository));
    }
  }

  /** One of an answer's credentials, with the images that they are good for. */
  record Entry(ImagePattern images, Credentials credentials) {}

  private record Kept(List<Entry> entries, Instant end) {}

  /** What an answer is good for. */
  private enum KeyType {
    IMAGE,
    REGISTRY,
    GLOBAL;

    static Optional<KeyType> named(String name) {
      return switch (name) {
        case "Image" -> Optional.of(IMAGE);
        case "Registry" -> Optional.of(REGISTRY);
        case "Global" -> Optional.of(GLOBAL);
        default -> Optional.empty();
      };
    }

    private String key(String host, String repository) {
      return switch (this) {
        case IMAGE -> host + "/" + repository;
        case REGISTRY -> host;
        case GLOBAL -> "";
      };
    }
  }

  KubeletPlugin(Configured configured, InstantSource clock) {
    this.configured = configured;
    this.clock = clock;
  }

  /**
   * What it has for a repository; runs it if that isn't known.
   *
   * @throws CredentialException if it fails
   */
  List<Entry> find(String host, String repository) throws CredentialException {
    if (!configured.matches(host, repository)) {
      return List.of();
    }
    Optional<List<Entry>> known = known(host, repository);
    if (known.isEmpty()) {
      running.lock();
      try {
        known = known(host, repository);
        if (known.isEmpty()) {
          known = Optional.of(ask(host, repository));
        }
      } finally {
        running.unlock();
      }
    }
    return known.get().stream().filter(e -> e.images().matches(host, repository)).toList();
  }

  private Optional<List<Entry>> known(String host, String repository) {
    Instant now = clock.instant();
    synchronized (answers) {
      for (KeyType type : KeyType.values()) {
        Kept kept = answers.get(type.key(host, repository));
        if (kept != null && now.isBefore(kept.end())) {
          return Optional.of(kept.entries());
        }
      }
    }
    return Optional.empty();
  }

  private List<Entry> ask(String host, String repository) throws CredentialException {
    ObjectNode request = JsonDocument.empty();
    request.put("kind", "CredentialProviderRequest");
    request.put("apiVersion", configured.version());
    request.put("image", host + "/" + repository);
    AskedProgram.Answer answer = configured.program().ask(JsonDocument.write(request));
    if (answer.status() != 0) {
      throw failure("has failed with status " + answer.status());
    }
    ObjectNode response;
    try {
      response =
          JsonDocument.parse(answer.output().getBytes(StandardCharsets.UTF_8), configured.name());
    } catch (MalformedDocumentException e) {
      // Not as the cause: a parser's message may quote a secret.
      throw failure("answers no JSON");
    }
    if (!response.path("kind").asText("").equals("CredentialProviderResponse")
        || !response.path("apiVersion").asText("").equals(configured.version())) {
      throw failure("answers no CredentialProviderResponse of " + configured.version());
    }
    KeyType type =
        KeyType.named(response.path("cacheKeyType").asText(""))
            .orElseThrow(() -> failure("has no usable cacheKeyType"));
    List<Entry> entries = entries(response.path("auth"));
    keep(type.key(host, repository), entries, duration(response));
    return entries;
  }

  private List<Entry> entries(JsonNode auth) throws CredentialException {
    List<Entry> entries = new ArrayList<>();
    for (Map.Entry<String, JsonNode> one : auth.properties()) {
      JsonNode login = one.getValue();
      Credentials credentials =
          new Credentials.UsernamePassword(
              login.path("username").asText(""), login.path("password").asText(""));
      if (entries.size() == MAX_ENTRIES) {
        throw failure("answers more than " + MAX_ENTRIES + " credentials");
      }
      try {
        entries.add(new Entry(ImagePattern.parse(one.getKey()), credentials));
      } catch (IllegalArgumentException e) {
        throw failure("has credentials for no registry");
      }
    }
    return List.copyOf(entries);
  }

  private Duration duration(ObjectNode response) throws CredentialException {
    JsonNode said = response.path("cacheDuration");
    if (!said.isTextual()) {
      return configured.kept();
    }
    try {
      return GoDuration.parse(said.textValue());
    } catch (IOException e) {
      throw failure("has no usable cacheDuration");
    }
  }

  private void keep(String key, List<Entry> entries, Duration time) {
    Instant now = clock.instant();
    synchronized (answers) {
      answers.remove(key);
      if (time.isPositive()) {
        answers.put(key, new Kept(entries, now.plus(time)));
      }
      answers.values().removeIf(kept -> !now.isBefore(kept.end()));
      while (answers.size() > MAX_ANSWERS) {
        answers.pollFirstEntry();
      }
    }
  }

  /** Forgets answers with these credentials; whether there were any. */
  boolean drop(Credentials credentials) {
    synchronized (answers) {
      return answers
          .values()
          .removeIf(
              kept -> kept.entries().stream().anyMatch(e -> e.credentials().equals(credentials)));
    }
  }

  private CredentialException failure(String what) {
    return new CredentialException(
        "credential provider " + configured.name() + " " + what + " – run it by hand", null);
  }
}
