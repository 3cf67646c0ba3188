package io.loadstar.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.rig.AccessLog.Traffic;
import io.loadstar.rig.Ctr;
import io.loadstar.rig.Deadline;
import io.loadstar.rig.Finished;
import io.loadstar.rig.PrivateNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Twenty containers of five images, at once. */
class ManyContainersTest {

  private static final boolean FULL = Boolean.getBoolean("loadstar.full");
  private static final int IMAGES = FULL ? 5 : 2;
  private static final int CONTAINERS = FULL ? 20 : 6;
  private static final Duration FOUND_AGAIN = Duration.ofSeconds(30);

  @RegisterExtension
  static final NodeExtension NODE = new NodeExtension(ContainerdContract.ON_DEMAND_ONLY);

  @RegisterExtension static final SharedImages SHARED = new SharedImages();

  private int waves;

  @Test
  void allStartAtOnceAndAgainAfterACrashUnderTheirLoad() throws Exception {
    if (!FULL) {
      System.out.println("bounded: containers started at once: " + CONTAINERS + " of 20");
    }
    PrivateNode node = NODE.node();
    Ctr ctr = node.ctr().in("many");
    List<SampleImage> images = new ArrayList<>();
    for (int i = 0; i < IMAGES; i++) {
      images.add(SHARED.unlikeOthers(node, "image" + i));
    }
    long mark = node.registry().accessLog().mark();
    atOnce(
        images,
        image -> {
          node.pullLazily(ctr, image.lazy());
          return image;
        });
    assertAllRight(wave(ctr, images, "cat /data/owned"));
    Traffic traffic = node.registry().accessLog().since(mark);
    long ofAll = images.stream().mapToLong(SampleImage::bytes).sum();
    assertTrue(
        traffic.fetchedBytes() < ofAll, () -> traffic.fetchedBytes() + " bytes, of " + ofAll);

    crashUnder(node, ctr, images);
    assertAllRight(wave(ctr, images, "cat /data/owned"));
  }

  /** Whatever becomes of those that run: each of them ends, and none hangs. */
  private void crashUnder(PrivateNode node, Ctr ctr, List<SampleImage> images) throws Exception {
    try (ExecutorService load = Executors.newSingleThreadExecutor()) {
      Future<List<Finished>> running =
          load.submit(() ->
              wave(
                  ctr,
                  images,
                  "i=0; while [ $i -lt 300 ] && cat /bin/* >/dev/null; do i=$((i+1)); done"));
      Deadline.await(
          FOUND_AGAIN,
          "a container runs",
          () -> running.isDone() || !ctr.call("tasks", "ls", "-q").run().lines().isEmpty());
      node.killSnapshotter();
      node.startSnapshotter();
      assertEquals(CONTAINERS, running.get().size());
    }
    Deadline.await(
        FOUND_AGAIN,
        "containerd has found the snapshotter again",
        () -> ctr.snapshots(PrivateNode.SNAPSHOTTER, "ls").run().status() == 0);
    for (String name : ctr.call("containers", "ls", "-q").run().lines()) {
      ctr.call("containers", "rm", name).run(); // whose start the crash has ended
    }
  }

  /** As many containers as there are to be, of all images in turn, started at once. */
  private List<Finished> wave(Ctr ctr, List<SampleImage> images, String script) throws Exception {
    int wave = waves++;
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < CONTAINERS; i++) {
      numbers.add(i);
    }
    return atOnce(
        numbers,
        number ->
            ctr.run(
                    PrivateNode.SNAPSHOTTER,
                    images.get(number % IMAGES).lazy(),
                    "wave" + wave + "-" + number,
                    "sh",
                    "-c",
                    script)
                .run());
  }

  private static void assertAllRight(List<Finished> containers) {
    for (int i = 0; i < CONTAINERS; i++) {
      Finished container = containers.get(i);
      assertEquals(0, container.status(), container::err);
      assertEquals("image" + i % IMAGES, container.out());
    }
  }

  /** What is done with one of several things. */
  @FunctionalInterface
  private interface Work<T, R> {
    R with(T thing) throws Exception;
  }

  private static <T, R> List<R> atOnce(List<T> things, Work<T, R> work) throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<R>> calls = new ArrayList<>();
      for (T thing : things) {
        calls.add(() -> work.with(thing));
      }
      List<R> results = new ArrayList<>();
      for (Future<R> result : threads.invokeAll(calls)) {
        results.add(result.get());
      }
      return results;
    }
  }
}
