package io.loadstar.transport.kernel;

import io.loadstar.transport.FuseTransport;
import io.loadstar.transport.FuseTransportContractTest;

final class KernelFuseTransportTest extends FuseTransportContractTest {

  @Override
  protected FuseTransport transport() {
    return new KernelFuseTransport(KernelOptions.DEFAULT);
  }
}
