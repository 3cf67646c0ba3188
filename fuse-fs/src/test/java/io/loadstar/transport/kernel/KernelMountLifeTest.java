package io.loadstar.transport.kernel;

import io.loadstar.transport.ConnectedMount;
import io.loadstar.transport.FuseMount;
import io.loadstar.transport.FuseTransport;
import io.loadstar.transport.MountLifeContractTest;

final class KernelMountLifeTest extends MountLifeContractTest {

  @Override
  protected FuseTransport transport() {
    return new KernelFuseTransport(KernelOptions.DEFAULT);
  }

  @Override
  protected int threadsOf(FuseMount mount) {
    return ((ConnectedMount) mount).threads();
  }
}
