package io.loadstar.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.loadstar.rig.Ctr;
import io.loadstar.rig.PrivateNode;
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

  @Override
  Setup setup() {
    return new Setup(NODE.node(), SHARED, image);
  }
}
