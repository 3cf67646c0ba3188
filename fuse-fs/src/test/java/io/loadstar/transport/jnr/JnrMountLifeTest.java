package io.loadstar.transport.jnr;

import io.loadstar.transport.ConnectedMount;
import io.loadstar.transport.FuseMount;
import io.loadstar.transport.FuseTransport;
import io.loadstar.transport.MountLifeContractTest;

final class JnrMountLifeTest extends MountLifeContractTest {

  @Override
  protected FuseTransport transport() {
    return new JnrFuseTransport();
  }

  @Override
  protected int threadsOf(FuseMount mount) {
    return ((ConnectedMount) mount).threads();
  }
}
