package io.loadstar.credentials;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.loadstar.oci.JsonDocument;
import io.loadstar.oci.MalformedDocumentException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a cluster's secrets of the type {@code kubernetes.io/dockerconfigjson} have for registries.
 * Thread-safe. Filled by who watches the cluster.
 *
 * <p>Whatever the namespace of a secret, it counts for every image that one of its rows matches, as
 * a kubelet matches them ({@link ImagePattern}), the longest path first: a snapshotter isn't told
 * for which pod it mounts. Bounded in number and size; what is beyond isn't taken.
 */
public final class PullSecrets implements ImageCredentials {

  private static final Logger log = LoggerFactory.getLogger(PullSecrets.class);

  /** A secret has at most 1 MiB: Kubernetes, MaxSecretSize. */
  private static final int MAX_SECRET_BYTES = 1 << 20;

  private static final int MAX_SECRETS = 10_000;
  private static final int MAX_BYTES = 16 << 20;

  /** How long a question waits for the first list, which is on its way when the daemon starts. */
  private static final Duration FIRST = Duration.ofSeconds(5);

  /** By namespace and name; guarded by itself. */
  private final TreeMap<String, Secret> secrets = new TreeMap<>();

  private int bytes;
  private final CountDownLatch first = new CountDownLatch(1);

  private record Row(ImagePattern images, Credentials credentials) {}

  private record Secret(List<Row> rows, int bytes) {}

  /**
   * Takes a secret, in the place of what it had before.
   *
   * @param name with its namespace
   * @param document the value of {@code .dockerconfigjson}
   */
  public void put(String name, byte[] document) {
    Secret secret = read(name, document);
    synchronized (secrets) {
      remove(name);
      if (secrets.size() >= MAX_SECRETS || bytes + secret.bytes() > MAX_BYTES) {
        log.atWarn().addKeyValue("secret", name).log("too many pull secrets: one isn't used");
        return;
      }
      if (!secret.rows().isEmpty()) {
        secrets.put(name, secret);
        bytes += secret.bytes();
      }
    }
  }

  /** Forgets a secret; that it isn't known is no error. */
  public void remove(String name) {
    synchronized (secrets) {
      Secret before = secrets.remove(name);
      bytes -= before == null ? 0 : before.bytes();
    }
  }

  /** Forgets all secrets that {@code names} doesn't have. */
  public void keepOnly(Set<String> names) {
    synchronized (secrets) {
      for (String name : List.copyOf(secrets.keySet())) {
        if (!names.contains(name)) {
          remove(name);
        }
      }
    }
  }

  /** All that there was has been put, or can't be had for now: nobody waits any longer. */
  public void complete() {
    first.countDown();
  }

  private static Secret read(String name, byte[] document) {
    List<Row> rows = new ArrayList<>();
    try {
      if (document.length > MAX_SECRET_BYTES) {
        throw new CredentialException("larger than " + MAX_SECRET_BYTES + " bytes", null);
      }
      JsonNode auths = JsonDocument.parse(document, name).path("auths");
      for (Map.Entry<String, JsonNode> row : auths.properties()) {
        if (row.getValue() instanceof ObjectNode auth) {
          Credentials credentials = DockerAuth.read(auth, row.getKey());
          if (!(credentials instanceof Credentials.Anonymous)) {
            rows.add(new Row(ImagePattern.parse(row.getKey()), credentials));
          }
        }
      }
    } catch (MalformedDocumentException e) {
      // Not with its message, which quotes what the parser stumbled on.
      warn(name, "not JSON");
    } catch (CredentialException | IllegalArgumentException e) {
      warn(name, String.valueOf(e.getMessage()));
    }
    return new Secret(List.copyOf(rows), document.length);
  }

  private static void warn(String name, String reason) {
    log.atWarn()
        .addKeyValue("secret", name)
        .addKeyValue("error", reason)
        .log("a pull secret can't be read to its end");
  }

  @Override
  public List<Credentials> all(String host, String repository) throws IOException {
    try {
      var _ = first.await(FIRST.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CredentialException("interrupted while waiting for pull secrets", e);
    }
    List<Row> fitting = new ArrayList<>();
    synchronized (secrets) {
      for (Secret secret : secrets.values()) {
        for (Row row : secret.rows()) {
          if (row.images().matches(host, repository)) {
            fitting.add(row);
          }
        }
      }
    }
    return fitting.stream()
        .sorted(Comparator.comparingInt((Row row) -> row.images().length()).reversed())
        .map(Row::credentials)
        .distinct()
        .toList();
  }
}
