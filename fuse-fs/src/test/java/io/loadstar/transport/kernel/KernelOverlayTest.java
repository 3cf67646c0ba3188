package io.loadstar.transport.kernel;

import io.loadstar.transport.FuseTransport;
import io.loadstar.transport.OverlayContractTest;

final class KernelOverlayTest extends OverlayContractTest {

  @Override
  protected FuseTransport transport() {
    return new KernelFuseTransport(KernelOptions.DEFAULT);
  }
}
