package io.loadstar.transport.jnr;

import io.loadstar.transport.FuseTransport;
import io.loadstar.transport.OverlayContractTest;

final class JnrOverlayTest extends OverlayContractTest {

  @Override
  protected FuseTransport transport() {
    return new JnrFuseTransport();
  }
}
