package io.loadstar.e2e;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;

/** containerd 1.7, as Debian's trixie has it. */
class Containerd17Test extends ContainerdContract {

  @RegisterExtension
  static final NodeExtension NODE = NodeExtension.ofDebian("trixie", ON_DEMAND_ONLY);

  @RegisterExtension static final SharedImages SHARED = new SharedImages();

  private static SampleImage image;

  @BeforeAll
  static void push() throws Exception {
    image = SHARED.sample(NODE.node(), "sample");
  }

  @Override
  Setup setup() {
    return new Setup(NODE.node(), SHARED, image);
  }
}
