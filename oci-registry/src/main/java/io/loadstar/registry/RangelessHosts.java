package io.loadstar.registry;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The hosts that were seen to send whole blobs when asked for parts. Thread-safe. They are asked
 * after those that know ranges, and taken for ordinary again after {@link #MEMORY} or when they
 * send a part: docker-registry as a pull-through cache sends the whole of what it doesn't have yet.
 */
final class RangelessHosts {

  static final Duration MEMORY = Duration.ofMinutes(1);

  private static final Logger LOG = LoggerFactory.getLogger(RangelessHosts.class);

  /** Above this many, all are dropped: they are seen again. */
  private static final int MAX_KEPT = 1000;

  private final ConcurrentMap<String, Long> seen = new ConcurrentHashMap<>();
  private final LongSupplier nanoTime;

  /**
   * @param nanoTime as {@link System#nanoTime}
   */
  RangelessHosts(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** A host has sent a whole blob instead of a part. */
  void note(RegistryHost host) {
    if (seen.size() > MAX_KEPT) {
      seen.clear();
    }
    if (seen.put(host.origin(), nanoTime.getAsLong()) == null) {
      LOG.warn(
          "host {} sends whole blobs when asked for parts: it is asked last, and its large layers"
              + " can't be lazy",
          host.origin());
    }
  }

  /** A host has sent a part. */
  void clear(RegistryHost host) {
    if (!seen.isEmpty()) {
      seen.remove(host.origin());
    }
  }

  boolean contains(RegistryHost host) {
    Long since = seen.get(host.origin());
    if (since == null) {
      return false;
    }
    if (nanoTime.getAsLong() - since < MEMORY.toNanos()) {
      return true;
    }
    seen.remove(host.origin(), since);
    return false;
  }

  /** The same hosts, those without ranges last. */
  List<RegistryHost> last(List<RegistryHost> hosts) {
    if (hosts.size() == 1 || seen.isEmpty()) {
      return hosts;
    }
    List<RegistryHost> ordered = new ArrayList<>(hosts);
    ordered.removeIf(this::contains);
    hosts.stream().filter(this::contains).forEach(ordered::add);
    return ordered;
  }
}
