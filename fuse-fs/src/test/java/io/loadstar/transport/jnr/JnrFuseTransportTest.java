package io.loadstar.transport.jnr;

import io.loadstar.transport.FuseTransport;
import io.loadstar.transport.FuseTransportContractTest;

final class JnrFuseTransportTest extends FuseTransportContractTest {

  @Override
  protected FuseTransport transport() {
    return new JnrFuseTransport();
  }
}
