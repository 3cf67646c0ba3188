package io.loadstar.daemon;

import io.loadstar.lazy.LazyNode;
import io.loadstar.remote.LayerMounter;
import io.loadstar.transport.FuseTransport;
import io.loadstar.transport.jnr.JnrFuseTransport;
import io.loadstar.transport.kernel.KernelFuseTransport;
import io.loadstar.transport.kernel.KernelOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The part of {@link Wiring} that makes what mounts layers: by the transport that is configured, or
 * the best that can run here. Immutable.
 *
 * @param transport which is wanted
 * @param readTimeout the longest that a read of a file may take
 */
record FuseWiring(TransportChoice transport, Duration readTimeout) {

  private static final Logger log = LoggerFactory.getLogger(FuseWiring.class);

  private static final Duration STUCK_MARGIN = Duration.ofSeconds(30);

  /**
   * What mounts layers of {@code node}.
   *
   * @throws IOException if what is configured can't run here
   */
  LayerMounter mounter(LazyNode node) throws IOException {
    return new LayerMounter(node, chosen());
  }

  private FuseTransport chosen() throws IOException {
    return switch (transport) {
      case JNR -> new JnrFuseTransport();
      case KERNEL -> {
        Optional<String> obstacle = KernelFuseTransport.obstacle();
        if (obstacle.isPresent()) {
          throw new IOException("fuse.transport is kernel, but " + obstacle.get());
        }
        yield kernel();
      }
      case AUTO -> {
        Optional<String> obstacle = KernelFuseTransport.obstacle();
        if (obstacle.isEmpty()) {
          yield kernel();
        }
        log.atInfo()
            .addKeyValue("reason", obstacle.get())
            .log("mounts are served through libfuse2");
        yield new JnrFuseTransport();
      }
    };
  }

  /** A request that took twice as long as any read may take is stuck for good. */
  private KernelFuseTransport kernel() {
    Duration stuckAfter = readTimeout.multipliedBy(2).plus(STUCK_MARGIN);
    return new KernelFuseTransport(KernelOptions.DEFAULT.withStuckAfter(stuckAfter));
  }
}
