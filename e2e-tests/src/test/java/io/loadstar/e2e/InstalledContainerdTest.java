package io.loadstar.e2e;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The containerd that is installed: 1.6 in Debian 12. */
class InstalledContainerdTest extends ContainerdContract {

  @RegisterExtension static final NodeExtension NODE = new NodeExtension(ON_DEMAND_ONLY);

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
