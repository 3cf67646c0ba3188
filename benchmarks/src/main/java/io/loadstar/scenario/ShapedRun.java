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
 * @param processor seconds of processor time that the snapshotter took
 */
record ShapedRun(
    double pull,
    double all,
    List<ShapedRelay.Exchange> blobs,
    List<ShapedRelay.Exchange> after,
    double processor) {

  /** What an earlier run wrote is written, and what it read isn't in memory. */
  private static final String CLEAN = "sync; echo 3 >/proc/sys/vm/drop_caches";

  private static final Duration LIMIT = Duration.ofMinutes(10);
  private static final double NANOS_PER_SECOND = 1e9;

  ShapedRun {
    blobs = List.copyOf(blobs);
    after = List.copyOf(after);
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
    Program.shell(CLEAN).output();
    try (ShapedRelay relay = ShapedRelay.start(node.registry().address(), line)) {
      final Duration processorBefore = processorTime(node);
      final long begin = System.nanoTime();
      work.pull.by(ctr, relay.address());
      final long pulled = System.nanoTime();
      ctr.mount(work.snapshotter, root);
      Program.shell("cd '%s' && %s".formatted(root, work.script)).within(LIMIT).output();
      final long end = System.nanoTime();
      final Duration processor = processorTime(node).minus(processorBefore);
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
          blobs.stream().filter(each -> each.begun() - pulled >= 0).toList(),
          processor.toNanos() / NANOS_PER_SECOND);
    }
  }

  private static Duration processorTime(PrivateNode node) {
    return ProcessHandle.of(node.snapshotterPid())
        .flatMap(process -> process.info().totalCpuDuration())
        .orElse(Duration.ZERO);
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
