package io.loadstar.scenario;

import io.loadstar.rig.Ctr;
import io.loadstar.rig.PrivateNode;
import io.loadstar.rig.Program;
import io.loadstar.rig.ShapedRelay;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;

/**
 * What one pull of an image from nothing took, through a line of its own, and a program that read
 * in its root. Immutable.
 *
 * @param pull seconds until the pull had ended
 * @param all seconds until the program had ended as well
 * @param blobs all requests for blobs
 * @param after those of them that were made after the pull
 */
record ShapedRun(
    double pull, double all, List<ShapedRelay.Exchange> blobs, List<ShapedRelay.Exchange> after) {

  /** The three lines of the scenarios: 200 Mbit/s each. */
  static final List<ShapedRelay.Shape> LINES =
      List.of(line(Duration.ZERO), line(Duration.ofMillis(20)), line(Duration.ofMillis(100)));

  private static final Duration LIMIT = Duration.ofMinutes(10);
  private static final double NANOS_PER_SECOND = 1e9;

  ShapedRun {
    blobs = List.copyOf(blobs);
    after = List.copyOf(after);
  }

  private static ShapedRelay.Shape line(Duration roundTrip) {
    return new ShapedRelay.Shape(roundTrip, 200_000_000);
  }

  /** How an image is pulled. */
  @FunctionalInterface
  interface Pull {
    void by(Ctr ctr, String address) throws Exception;
  }

  /**
   * What is pulled how, and what is done with it then.
   *
   * @param script a shell's, run in the image's root, which is mounted
   */
  record Work(String snapshotter, Pull pull, String script) {}

  /**
   * Does it. A relay of its own is a registry of its own: nothing that an earlier run brought is
   * found.
   *
   * @param namespace containerd's, new
   */
  static ShapedRun of(PrivateNode node, ShapedRelay.Shape line, String namespace, Work work)
      throws Exception {
    Ctr ctr = node.ctr().in(namespace);
    Path root = Files.createTempDirectory(node.scratch(), "root");
    try (ShapedRelay relay = ShapedRelay.start(node.registry().address(), line)) {
      final long begin = System.nanoTime();
      work.pull.by(ctr, relay.address());
      final long pulled = System.nanoTime();
      ctr.mount(work.snapshotter, root);
      Program.shell("cd '%s' && %s".formatted(root, work.script)).within(LIMIT).output();
      final long end = System.nanoTime();
      ctr.unmount(work.snapshotter, root);
      for (String reference : ctr.call("images", "ls", "-q").output().lines().toList()) {
        ctr.remove(reference);
      }
      List<ShapedRelay.Exchange> blobs =
          relay.exchanges().stream().filter(ShapedRun::isForBlob).toList();
      return new ShapedRun(
          (pulled - begin) / NANOS_PER_SECOND,
          (end - begin) / NANOS_PER_SECOND,
          blobs,
          blobs.stream().filter(each -> each.begun() - pulled >= 0).toList());
    }
  }

  private static boolean isForBlob(ShapedRelay.Exchange exchange) {
    return exchange.request().startsWith("GET") && exchange.request().contains("/blobs/");
  }

  /** The one of {@code some} that took neither least nor most. */
  static ShapedRun median(List<ShapedRun> some) {
    return some.stream()
        .sorted(Comparator.comparingDouble(ShapedRun::all))
        .skip(some.size() / 2)
        .findFirst()
        .orElseThrow();
  }

  /** What came through the line for blobs, in MB. */
  double megabytes() {
    return blobs.stream().mapToLong(ShapedRelay.Exchange::bytes).sum() / 1e6;
  }
}
