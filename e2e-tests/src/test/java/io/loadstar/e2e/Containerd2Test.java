package io.loadstar.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.loadstar.rig.ContainerdPrograms;
import io.loadstar.rig.Cri;
import io.loadstar.rig.Ctr;
import io.loadstar.rig.MountTable;
import io.loadstar.rig.PrivateNode;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** containerd 2.x, as Debian's forky has it. */
class Containerd2Test extends ContainerdContract {

  @RegisterExtension
  static final NodeExtension NODE = NodeExtension.ofDebian("forky", ON_DEMAND_ONLY);

  @RegisterExtension static final SharedImages SHARED = new SharedImages();

  private static SampleImage image;

  @BeforeAll
  static void push() throws Exception {
    image = SHARED.sample(NODE.node(), "sample");
  }

  /** By its transfer service, which tells the snapshotter what it pulls. */
  @Test
  void containerdItselfPullsLazily() throws Exception {
    Ctr ctr = NODE.node().ctr().in("transfer");
    assertLazy(() -> {
      ctr.transfer(PrivateNode.SNAPSHOTTER, image.lazy());
      assertEquals(GREETING, run(ctr, "transfer"));
    });
  }

  /** A pod with {@code hostUsers: false}. A tenth more is allowed, as it is without CRI. */
  @Test
  void aPodInAUserNamespaceHasItsOwnersWithoutACopy() throws Exception {
    ContainerdPrograms programs = NODE.node().containerd();
    assumeTrue(
        programs.mapsOwners(),
        () -> "skipped: needs runc 1.2 or later, this is " + programs.runc());
    SampleImage plain = SHARED.unlikeOthers(NODE.node(), "pod-plain");
    SampleImage mapped = SHARED.unlikeOthers(NODE.node(), "pod-mapped");
    SampleImage.pushSandbox(NODE.node());
    String script = "stat -c '%u %g' / /data/owned; cat /data/owned";
    try (Cri cri = NODE.node().cri()) {
      var _ = cri.pull(NODE.node().sandboxImage());
      long usual =
          fetched(() -> {
            Cri.Pod pod = cri.startPod("plain");
            assertEquals("0 0\n1234 4321\npod-plain", said(cri, pod, plain, script));
            cri.removePod(pod);
          });
      long inNamespace =
          fetched(() -> {
            Cri.Pod pod = cri.startPodInUserNamespace("mapped", 100_000, 200_000);
            assertEquals(
                "0 0\n1234 4321\npod-mapped         0     100000      65536\n",
                said(cri, pod, mapped, script + "; cat /proc/self/uid_map"));
            cri.removePod(pod);
          });
      assertTrue(inNamespace <= usual * 1.1, () -> inNamespace + " bytes, without it " + usual);
      cri.removeImage(plain.lazy());
      cri.removeImage(mapped.lazy());
    }
    assertEquals(
        List.of(), MountTable.below(NODE.node().snapshotterRoot().resolve("snapshotter/mapped")));
  }

  private static String said(Cri cri, Cri.Pod pod, SampleImage image, String script)
      throws Exception {
    var _ = cri.pull(image.lazy());
    String container = cri.startContainer(pod, image.lazy(), "sleep", "600");
    return cri.exec(container, "sh", "-c", script);
  }

  @Override
  Setup setup() {
    return new Setup(NODE.node(), SHARED, image);
  }
}
