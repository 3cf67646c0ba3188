package io.loadstar.remote;

import io.loadstar.registry.RegistryException;
import io.loadstar.snapshot.NotLazyException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tries again to resolve layers whose registry fails for the moment, so that a registry that is
 * restarted or overloaded while an image is pulled doesn't make an ordinary image of it.
 * Thread-safe; waits. It comes on top of the retries of each request, when every host that has the
 * layer has failed.
 */
public final class PatientResolver {

  private static final Logger log = LoggerFactory.getLogger(PatientResolver.class);

  private static final Duration FIRST_WAIT = Duration.ofMillis(250);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(2);

  private final LayerResolver resolver;
  private final Duration patience;

  /**
   * @param resolver resolves layers
   * @param patience how long after the first failure it is tried again; no wait is begun that would
   *     pass that
   */
  public PatientResolver(LayerResolver resolver, Duration patience) {
    this.resolver = resolver;
    this.patience = patience;
  }

  /**
   * Resolves a layer that somebody prepares.
   *
   * @throws NotLazyException if it can't be lazy, or couldn't be resolved in time
   */
  ResolvedLayer resolve(LayerSource source) throws NotLazyException {
    Duration wait = FIRST_WAIT;
    long begun = 0;
    for (int failures = 1; ; failures++) {
      try {
        return resolver.resolve(source);
      } catch (NotLazyException e) {
        begun = failures == 1 ? System.nanoTime() : begun;
        Duration passed = Duration.ofNanos(System.nanoTime() - begun);
        if (!isPassing(e) || passed.plus(wait).compareTo(patience) > 0) {
          throw e;
        }
        log.atInfo()
            .addKeyValue("layer", source.layer())
            .addKeyValue("error", String.valueOf(e.getCause()))
            .log("resolving the layer is tried again");
        pause(wait, e);
        wait = longer(wait);
      }
    }
  }

  private static boolean isPassing(NotLazyException e) {
    return e.getCause() instanceof RegistryException reason && reason.isTransient();
  }

  private static Duration longer(Duration wait) {
    Duration doubled = wait.multipliedBy(2);
    return doubled.compareTo(LONGEST_WAIT) < 0 ? doubled : LONGEST_WAIT;
  }

  private static void pause(Duration wait, NotLazyException failure) throws NotLazyException {
    try {
      Thread.sleep(wait);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure;
    }
  }
}
