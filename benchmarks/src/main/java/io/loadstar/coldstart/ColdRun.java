package io.loadstar.coldstart;

import io.loadstar.rig.Ctr;
import io.loadstar.rig.PrivateNode;
import io.loadstar.rig.Program;
import io.loadstar.rig.ShapedRelay;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * One contender's one way from nothing to work that is done. A relay of its own is a registry of
 * its own, and a containerd namespace of its own has no image: nothing that an earlier run brought
 * is found, in no store, no mount's page cache, and not in containerd. What an earlier run taught
 * the node is forgotten, too, unless the contender is one that was started there before.
 */
final class ColdRun implements AutoCloseable {

  private static final Duration LIMIT = Duration.ofMinutes(10);
  private static final double NANOS_PER_MILLI = 1e6;
  private static final AtomicInteger COUNT = new AtomicInteger();

  private final Contender contender;
  private final ShapedRelay relay;
  private Ctr ctr;
  private int mark;

  private ColdRun(Contender contender, ShapedRelay relay) {
    this.contender = contender;
    this.relay = relay;
    this.ctr = contender.node().ctr().in("cold" + COUNT.incrementAndGet());
  }

  /** Prepares one, on a machine that is at rest. */
  static ColdRun over(Line line, Contender contender, String registry)
      throws IOException, InterruptedException, TimeoutException {
    rest();
    if (contender.past() == Contender.Past.NONE) {
      forgetReads(contender.node());
    }
    return new ColdRun(contender, ShapedRelay.start(registry, line.shape()));
  }

  /** Has what ran before end, or says that it doesn't. */
  static void rest() throws IOException, InterruptedException, TimeoutException {
    if (!Rest.await()) {
      System.err.println("  this machine doesn't come to rest; what is measured may be too much");
    }
  }

  /** What the snapshotter has learnt from earlier starts: it looks at each mount what is there. */
  private static void forgetReads(PrivateNode node) throws IOException {
    try (Stream<Path> reads = Files.list(node.snapshotterRoot().resolve("reads"))) {
      for (Path read : reads.toList()) {
        Files.deleteIfExists(read);
      }
    }
  }

  /**
   * What a workload took.
   *
   * @param bytes that came through the line, heads of answers included
   */
  record Took(double pullMillis, double runMillis, long bytes, int requests, Timeline timeline) {}

  /** Pull, create, run until the line that people wait for. */
  Took start(BenchImage image, int version)
      throws IOException, InterruptedException, TimeoutException {
    String reference = image.at(relay.address(), contender.form(), version);
    final long begin = System.nanoTime();
    contender.pull(ctr, reference);
    final long pulled = System.nanoTime();
    final long ready =
        Container.readyAt(contender, ctr, image, reference, "c" + COUNT.incrementAndGet());
    return took(begin, pulled, ready);
  }

  /** Pull, and a program that reads in the image's root, which is mounted. */
  Took look(BenchImage image, String script)
      throws IOException, InterruptedException, TimeoutException {
    String reference = image.at(relay.address(), contender.form(), 1);
    Path root = Files.createTempDirectory(contender.node().scratch(), "root");
    final long begin = System.nanoTime();
    contender.pull(ctr, reference);
    final long pulled = System.nanoTime();
    ctr.mount(contender.snapshotter(), root);
    Program.shell("cd '%s' && %s".formatted(root, script)).within(LIMIT).output();
    final long end = System.nanoTime();
    ctr.unmount(contender.snapshotter(), root);
    return took(begin, pulled, end);
  }

  /** Forgets the image, so that the next start has to ask containerd's snapshotter again. */
  void forget() throws IOException, InterruptedException, TimeoutException {
    for (String reference : ctr.call("images", "ls", "-q").output().lines().toList()) {
      ctr.remove(reference);
    }
    ctr = ctr.in("cold" + COUNT.incrementAndGet());
  }

  /** What went through the line since this was asked last. */
  private Took took(long begin, long pulled, long end) {
    List<ShapedRelay.Exchange> all = relay.exchanges();
    List<ShapedRelay.Exchange> some = all.subList(mark, all.size());
    mark = all.size();
    return new Took(
        (pulled - begin) / NANOS_PER_MILLI,
        (end - pulled) / NANOS_PER_MILLI,
        some.stream().mapToLong(ShapedRelay.Exchange::bytes).sum(),
        some.size(),
        Timeline.of(begin, pulled, end, some));
  }

  @Override
  public void close() throws IOException {
    try (relay) {
      forget();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while removing images", e);
    } catch (TimeoutException e) {
      throw new IOException(String.valueOf(e.getMessage()), e);
    }
  }
}
