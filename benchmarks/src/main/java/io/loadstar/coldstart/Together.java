package io.loadstar.coldstart;

import io.loadstar.rig.Ctr;
import io.loadstar.rig.ShapedRelay;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A node that is given all its work at once: {@value #CONTAINERS} containers of several images,
 * none of which is there. Each image is pulled once, all side by side, and its containers are
 * started when it has come.
 */
final class Together {

  static final int CONTAINERS = 20;

  private static final double NANOS_PER_MILLI = 1e6;
  private static final AtomicInteger COUNT = new AtomicInteger();

  private Together() {}

  /** Until the last of them was ready. */
  static ColdRun.Took over(Line line, Contender contender, String registry, List<BenchImage> images)
      throws Exception {
    ColdRun.rest();
    try (ShapedRelay relay = ShapedRelay.start(registry, line.shape());
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Ctr ctr = contender.node().ctr().in("together" + COUNT.incrementAndGet());
      final long begin = System.nanoTime();
      List<Future<Long>> ends = new ArrayList<>();
      for (int i = 0; i < images.size(); i++) {
        int count = CONTAINERS / images.size() + (i < CONTAINERS % images.size() ? 1 : 0);
        BenchImage image = images.get(i);
        String reference = image.at(relay.address(), contender.form(), 1);
        Bringing bringing = new Bringing(contender, ctr, image, reference);
        ends.add(threads.submit(() -> bringing.all(count, threads)));
      }
      final long end = latest(ends);
      final List<ShapedRelay.Exchange> exchanges = relay.exchanges();
      for (String reference : ctr.call("images", "ls", "-q").output().lines().toList()) {
        ctr.remove(reference);
      }
      return new ColdRun.Took(
          0,
          (end - begin) / NANOS_PER_MILLI,
          exchanges.stream().mapToLong(ShapedRelay.Exchange::bytes).sum(),
          exchanges.size(),
          Timeline.of(begin, begin, end, exchanges));
    }
  }

  /** One image and its containers. */
  private record Bringing(Contender contender, Ctr ctr, BenchImage image, String reference) {

    long all(int count, ExecutorService threads) throws Exception {
      contender.pull(ctr, reference);
      List<Future<Long>> ends = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        String name = "t" + COUNT.incrementAndGet();
        Callable<Long> one = () -> Container.readyAt(contender, ctr, image, reference, name);
        ends.add(threads.submit(one));
      }
      return latest(ends);
    }
  }

  private static long latest(List<Future<Long>> ends) throws IOException, InterruptedException {
    long latest = Long.MIN_VALUE;
    for (Future<Long> each : ends) {
      try {
        latest = Math.max(latest, each.get());
      } catch (ExecutionException e) {
        throw new IOException("one of the containers failed", e.getCause());
      }
    }
    return latest;
  }
}
