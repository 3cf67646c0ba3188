package io.loadstar.registry.kubernetes;

import io.loadstar.credentials.PullSecrets;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps {@link PullSecrets} as a cluster has them: lists them, then watches for changes, over and
 * over. Thread-safe; one thread, which closing it ends.
 *
 * <p>A cluster that can't be reached is tried again after a second, doubled up to a minute; what
 * was known of it is used meanwhile.
 */
public final class SecretWatch implements Closeable {

  private static final Logger log = LoggerFactory.getLogger(SecretWatch.class);

  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

  private final ClusterAccess access;
  private final PullSecrets secrets;
  private final Duration shortestPause;
  private final Thread thread;
  private volatile boolean closed;
  private @Nullable String lastFailure;

  private SecretWatch(ClusterAccess access, PullSecrets secrets, Duration shortestPause) {
    this.access = access;
    this.secrets = secrets;
    this.shortestPause = shortestPause;
    this.thread = Thread.ofVirtual().name("loadstar-secrets").unstarted(this::run);
  }

  /** Begins. Nothing need be there yet. */
  public static SecretWatch start(ClusterAccess access, PullSecrets secrets) {
    return start(access, secrets, Duration.ofSeconds(1));
  }

  static SecretWatch start(ClusterAccess access, PullSecrets secrets, Duration shortestPause) {
    SecretWatch watch = new SecretWatch(access, secrets, shortestPause);
    watch.thread.start();
    return watch;
  }

  private void run() {
    Duration pause = shortestPause;
    while (!closed) {
      try (SecretsEndpoint endpoint = new SecretsEndpoint(access.read())) {
        String version = endpoint.list(secrets);
        secrets.complete();
        told();
        pause = shortestPause;
        while (!closed) {
          long begun = System.nanoTime();
          version = endpoint.watch(version, secrets);
          if (System.nanoTime() - begun < shortestPause.toNanos()) {
            var _ = pause(shortestPause);
          }
        }
      } catch (SecretsEndpoint.GoneException e) {
        log.debug("what was watched is too old: listed anew");
      } catch (IOException | RuntimeException e) {
        tell(String.valueOf(e.getMessage()));
      }
      secrets.complete();
      pause = pause(pause);
    }
  }

  private static Duration pause(Duration pause) {
    try {
      Thread.sleep(pause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Duration twice = pause.multipliedBy(2);
    return twice.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : twice;
  }

  private void told() {
    if (lastFailure != null) {
      log.info("the cluster's pull secrets are known again");
    }
    lastFailure = null;
  }

  /** Once for each reason: a cluster may be away for long. */
  private void tell(String failure) {
    if (!failure.equals(lastFailure) && !closed) {
      lastFailure = failure;
      log.atWarn()
          .addKeyValue("cluster", access)
          .addKeyValue("error", failure)
          .log("the cluster's pull secrets can't be had, and are asked for again");
    }
  }

  /** Ends it within moments. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    try {
      var _ = thread.join(Duration.ofSeconds(2));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
