package io.loadstar.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.loadstar.rig.Ctr;
import io.loadstar.rig.Deadline;
import io.loadstar.rig.PrivateNode;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A snapshotter that was killed comes back from what is on disk. */
class RestartTest {

  @RegisterExtension static final NodeExtension NODE = new NodeExtension("");

  @RegisterExtension static final SharedImages SHARED = new SharedImages();

  @Test
  void afterACrashWhatWasReadRunsAgainWithoutTheRegistry() throws Exception {
    PrivateNode node = NODE.node();
    SampleImage image = SHARED.sample(node, "restarted");
    Ctr ctr = node.ctr();
    node.pullLazily(ctr, image.lazy());
    String before = ctr.run(PrivateNode.SNAPSHOTTER, image.lazy(), "before").output();

    node.killSnapshotter();
    node.registry().close();
    node.startSnapshotter();
    // containerd dials again after up to 3 s when a dial was refused meanwhile (grpc-go's
    // back-off).
    Deadline.await(
        Duration.ofSeconds(15),
        "containerd has found the snapshotter again",
        () -> ctr.snapshots(PrivateNode.SNAPSHOTTER, "ls").run().status() == 0);

    assertEquals(before, ctr.run(PrivateNode.SNAPSHOTTER, image.lazy(), "after").output());
  }
}
