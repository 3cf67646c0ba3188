package io.loadstar.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.rig.AccessLog.Traffic;
import io.loadstar.rig.Cri;
import io.loadstar.rig.Ctr;
import io.loadstar.rig.MountTable;
import io.loadstar.rig.PrivateNode;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What must hold on every containerd. The image is small next to its ballast, which is not read.
 */
abstract class ContainerdContract {

  /** What runs before it has arrived is told by what was fetched, however slow the machine is. */
  static final String ON_DEMAND_ONLY = "no_background_fetch = true\n";

  static final String GREETING = "started before it has arrived\n";

  /** The node of the class, the images that it may have, and the one that it has. */
  record Setup(PrivateNode node, SharedImages images, SampleImage image) {}

  abstract Setup setup();

  @Test
  void anImageRunsBeforeItHasArrived() throws Exception {
    Ctr ctr = setup().node().ctr().in("runs");
    assertLazy(() -> {
      setup().node().pullLazily(ctr, setup().image().lazy());
      assertEquals(GREETING, run(ctr, "runs"));
    });
  }

  @Test
  void aPodRunsAnImageBeforeItHasArrived() throws Exception {
    String reference = setup().image().lazy();
    SampleImage.pushSandbox(setup().node());
    try (Cri cri = setup().node().cri()) {
      assertLazy(() -> {
        var _ = cri.pull(reference);
        Cri.Pod pod = cri.startPod("lazy");
        String container = cri.startContainer(pod, reference, "sleep", "600");
        assertEquals(GREETING, cri.exec(container, "cat", "/data/greeting"));
        assertEquals(
            "same\n", cri.exec(container, "sh", "-c", "cat /data/renamed; echo >/data/new"));
        cri.removePod(pod);
      });
      assertTrue(cri.tags().contains(reference), () -> cri.tags().toString());
      cri.removeImage(reference);
      assertFalse(cri.tags().contains(reference), () -> cri.tags().toString());
    }
  }

  @Test
  void whatIsRemovedLeavesNoMount() throws Exception {
    Ctr ctr = setup().node().ctr().in("removed");
    setup().node().pullLazily(ctr, setup().image().lazy());
    run(ctr, "removed");
    ctr.remove(setup().image().lazy());
    assertEquals(
        1, ctr.snapshots(PrivateNode.SNAPSHOTTER, "ls").output().lines().count(), "only a header");
  }

  /** A tenth more is allowed; a copy with other owners would be all of it. */
  @Test
  void aContainerInAUserNamespaceHasItsOwnersWithoutACopy() throws Exception {
    SampleImage plain = setup().images().unlikeOthers(setup().node(), "plain");
    SampleImage mapped = setup().images().unlikeOthers(setup().node(), "mapped");
    Ctr ctr = setup().node().ctr().in("owners");
    String script = "stat -c '%u %g' / /data/owned; cat /data/owned";
    long usual =
        fetched(() -> {
          setup().node().pullLazily(ctr, plain.lazy());
          assertEquals("0 0\n1234 4321\nplain", runShell(ctr, plain, script));
        });
    Ctr users = ctr.mapped(100_000, 200_000);
    long inNamespace =
        fetched(() -> {
          setup().node().pullLazily(ctr, mapped.lazy());
          assertEquals(
              "0 0\n1234 4321\nmapped         0     100000      65536\n",
              runShell(users, mapped, script + "; cat /proc/self/uid_map"));
        });
    assertTrue(inNamespace <= usual * 1.1, () -> inNamespace + " bytes, without it " + usual);
    assertEquals(
        "5 4321\n0 0\n",
        runShell(
            users,
            mapped,
            "echo x >/data/new; chown 5 /data/owned; stat -c '%u %g' /data/owned /data/new"));
    ctr.remove(plain.lazy());
    ctr.remove(mapped.lazy());
    assertEquals(
        List.of(),
        MountTable.below(setup().node().snapshotterRoot().resolve("snapshotter/mapped")));
  }

  private static String runShell(Ctr ctr, SampleImage image, String script) throws Exception {
    return ctr.run(PrivateNode.SNAPSHOTTER, image.lazy(), "shell", "sh", "-c", script).output();
  }

  final long fetched(Work work) throws Exception {
    long mark = setup().node().registry().accessLog().mark();
    work.run();
    return setup().node().registry().accessLog().since(mark).fetchedBytes();
  }

  @Test
  void anOrdinaryImageIsAnOrdinarySnapshot() throws Exception {
    Ctr ctr = setup().node().ctr().in("plain");
    ctr.pull(PrivateNode.SNAPSHOTTER, setup().image().ordinary());
    assertEquals(
        GREETING, ctr.run(PrivateNode.SNAPSHOTTER, setup().image().ordinary(), "plain").output());
  }

  /** A piece of work on the node. */
  @FunctionalInterface
  interface Work {
    void run() throws Exception;
  }

  /** Holds that {@code work} is done with less than half of the image fetched, by ranges. */
  final void assertLazy(Work work) throws Exception {
    PrivateNode node = setup().node();
    long mark = node.registry().accessLog().mark();
    work.run();
    Traffic traffic = node.registry().accessLog().since(mark);
    assertTrue(
        traffic.fetchedBytes() < setup().image().bytes() / 2,
        () -> traffic.fetchedBytes() + " bytes fetched of " + setup().image().bytes());
    assertTrue(
        MountTable.below(node.snapshotterRoot()).stream()
            .anyMatch(row -> row.type().startsWith("fuse")),
        "nothing is mounted lazily");
  }

  final String run(Ctr ctr, String name) throws Exception {
    return ctr.run(PrivateNode.SNAPSHOTTER, setup().image().lazy(), name).output();
  }
}
