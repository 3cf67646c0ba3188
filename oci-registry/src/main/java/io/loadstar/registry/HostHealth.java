package io.loadstar.registry;

import io.loadstar.blob.DigestMismatchException;
import io.loadstar.oci.MalformedDocumentException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Tries a registry's hosts in their order, those last that have failed lately. Thread-safe.
 *
 * <p>A host that can't be reached, fails (5xx, 429) or sends nonsense is left alone for {@link
 * #FIRST_REST}, twice as long with each further failure, up to {@link #LONGEST_REST}, or as long as
 * it asks for; then it has its old place again. If all are resting, all are asked in their order: a
 * host that may be down is better than none. That a host doesn't have something says nothing of its
 * health.
 */
final class HostHealth {

  static final Duration FIRST_REST = Duration.ofSeconds(5);
  static final Duration LONGEST_REST = Duration.ofMinutes(5);

  private static final Logger LOG = LoggerFactory.getLogger(HostHealth.class);
  private static final int MAX_DOUBLINGS = 10;

  /** Above this many, all are dropped: hosts are then taken for well. */
  private static final int MAX_KEPT = 1000;

  private final ConcurrentMap<String, Rest> resting = new ConcurrentHashMap<>();
  private final LongSupplier nanoTime;

  private record Rest(int failures, long end) {}

  /** Something asked of one host. */
  @FunctionalInterface
  interface HostCall<T> {
    T on(RegistryHost host) throws IOException;
  }

  /**
   * @param nanoTime as {@link System#nanoTime}
   */
  HostHealth(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /**
   * Asks hosts until one answers well. Wrong content counts as no answer.
   *
   * @throws IOException the last one's failure, with the others' in it
   */
  <T> T firstOf(List<RegistryHost> hosts, HostCall<T> call) throws IOException {
    IOException failure = null;
    for (RegistryHost host : inOrder(hosts)) {
      try {
        T result = call.on(host);
        resting.remove(host.origin());
        return result;
      } catch (RegistryException | DigestMismatchException | MalformedDocumentException e) {
        noteFailure(host, e, hosts.size());
        if (failure != null) {
          e.addSuppressed(failure);
        }
        failure = e;
      }
    }
    if (failure == null) {
      throw new IllegalArgumentException("no host to ask");
    }
    throw failure;
  }

  private List<RegistryHost> inOrder(List<RegistryHost> hosts) {
    if (hosts.size() == 1 || resting.isEmpty()) {
      return hosts;
    }
    List<RegistryHost> ordered = new ArrayList<>(hosts.size());
    List<RegistryHost> later = new ArrayList<>();
    for (RegistryHost host : hosts) {
      (isResting(host) ? later : ordered).add(host);
    }
    ordered.addAll(later);
    return ordered;
  }

  private boolean isResting(RegistryHost host) {
    @Nullable Rest rest = resting.get(host.origin());
    return rest != null && rest.end() - nanoTime.getAsLong() > 0;
  }

  private void noteFailure(RegistryHost host, IOException failure, int hosts) {
    if (hosts == 1) {
      return;
    }
    if (isHostsOwn(failure)) {
      boolean known = isResting(host); // and asked all the same, since nobody else was left
      Rest rest = rest(host, failure instanceof RegistryException e ? e.retryAfter() : null);
      LOG.atLevel(known ? Level.DEBUG : Level.WARN)
          .log(
              "host {} fails for {}, and is asked last for {} s: {}",
              host.origin(),
              host.upstream() == null ? host.registry() : host.upstream(),
              Duration.ofNanos(rest.end() - nanoTime.getAsLong()).toSeconds(),
              failure.getMessage());
    } else {
      LOG.debug("host {} doesn't serve it: {}", host.origin(), failure.getMessage());
    }
  }

  private static boolean isHostsOwn(IOException failure) {
    return switch (failure) {
      case RegistryException.NotFound _, RegistryException.Unauthorized _ -> false;
      case RegistryException.Refused refused -> refused.isTransient();
      default -> true;
    };
  }

  private Rest rest(RegistryHost host, @Nullable Duration asked) {
    if (resting.size() > MAX_KEPT) {
      resting.clear();
    }
    long now = nanoTime.getAsLong();
    return resting.merge(
        host.origin(),
        new Rest(1, now + length(1, asked)),
        (before, first) -> {
          // Readers that fail side by side are one failure.
          boolean over = before.end() - now <= 0;
          int failures = over ? before.failures() + 1 : before.failures();
          long end = now + length(failures, asked);
          return new Rest(failures, over || end - before.end() > 0 ? end : before.end());
        });
  }

  private static long length(int failures, @Nullable Duration asked) {
    long doubled = FIRST_REST.toNanos() << Math.min(failures - 1, MAX_DOUBLINGS);
    long wanted = asked == null ? doubled : Math.max(doubled, asked.toNanos());
    return Math.min(wanted, LONGEST_REST.toNanos());
  }
}
