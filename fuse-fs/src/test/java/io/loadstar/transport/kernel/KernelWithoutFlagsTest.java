package io.loadstar.transport.kernel;

import io.loadstar.transport.FuseTransport;
import io.loadstar.transport.FuseTransportContractTest;

/** A kernel that offers none of what INIT speaks of shows the same tree. */
final class KernelWithoutFlagsTest extends FuseTransportContractTest {

  @Override
  protected FuseTransport transport() {
    return new KernelFuseTransport(KernelOptions.DEFAULT.withKernelFlags(0));
  }
}
