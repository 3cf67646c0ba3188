package io.loadstar.daemon;

import io.loadstar.lazy.LazyNode;
import io.loadstar.remote.LayerMounter;
import io.loadstar.remote.PassthroughRule;
import io.loadstar.transport.MountSpec;
import io.loadstar.transport.jnr.JnrFuseTransport;
import io.loadstar.transport.kernel.KernelFuseTransport;
import io.loadstar.transport.kernel.KernelOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The part of {@link Wiring} that makes what mounts layers: by the transport that is configured, or
 * the best that can run here. Immutable.
 *
 * @param wanted what is configured
 * @param readTimeout the longest that a read of a file may take
 * @param content where the content store keeps its files
 */
record FuseWiring(Configuration.Fuse wanted, Duration readTimeout, Path content) {

  private static final Logger log = LoggerFactory.getLogger(FuseWiring.class);

  private static final Duration STUCK_MARGIN = Duration.ofSeconds(30);

  /**
   * What mounts layers of {@code node}.
   *
   * @throws IOException if what is configured can't run here
   */
  LayerMounter mounter(LazyNode node) throws IOException {
    return switch (wanted.transport()) {
      case JNR -> jnr(node);
      case KERNEL -> {
        Optional<String> obstacle = KernelFuseTransport.obstacle();
        if (obstacle.isPresent()) {
          throw new IOException("fuse.transport is kernel, but " + obstacle.get());
        }
        yield kernel(node);
      }
      case AUTO -> {
        Optional<String> obstacle = KernelFuseTransport.obstacle();
        if (obstacle.isEmpty()) {
          yield kernel(node);
        }
        log.atInfo()
            .addKeyValue("reason", obstacle.get())
            .log("mounts are served through libfuse2");
        yield jnr(node);
      }
    };
  }

  private LayerMounter jnr(LazyNode node) throws IOException {
    if (wanted.passthrough() == PassthroughChoice.ON) {
      throw new IOException("fuse.passthrough is on, but libfuse2 doesn't know it");
    }
    return new LayerMounter(node, new JnrFuseTransport(), PassthroughRule.OFF);
  }

  /** A request that took twice as long as any read may take is stuck for good. */
  private LayerMounter kernel(LazyNode node) throws IOException {
    Duration stuckAfter = readTimeout.multipliedBy(2).plus(STUCK_MARGIN);
    KernelFuseTransport transport =
        new KernelFuseTransport(
            KernelOptions.DEFAULT.withStuckAfter(stuckAfter).withBareXattrs(bareXattrs()));
    return new LayerMounter(node, transport, passthrough(transport));
  }

  private KernelOptions.BareXattrs bareXattrs() {
    return switch (wanted.bareXattrs()) {
      case ANSWERED -> KernelOptions.BareXattrs.ANSWERED;
      case REFUSED -> KernelOptions.BareXattrs.REFUSED;
    };
  }

  private PassthroughRule passthrough(KernelFuseTransport transport) throws IOException {
    if (wanted.passthrough() == PassthroughChoice.OFF) {
      return PassthroughRule.OFF;
    }
    Optional<String> obstacle = transport.passthroughObstacle(content.toAbsolutePath());
    if (obstacle.isPresent() && wanted.passthrough() == PassthroughChoice.ON) {
      throw new IOException("fuse.passthrough is on, but " + obstacle.get());
    }
    log.atInfo()
        .addKeyValue("passthrough", obstacle.isEmpty())
        .addKeyValue("reason", obstacle.orElse(""))
        .log("whether the kernel reads whole files itself");
    return obstacle.isPresent()
        ? PassthroughRule.OFF
        : new PassthroughRule(
            MountSpec.Passthrough.WHOLE_FILES,
            wanted.except().images(),
            wanted.except().namespaces());
  }
}
