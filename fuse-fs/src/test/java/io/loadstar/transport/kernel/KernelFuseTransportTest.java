package io.loadstar.transport.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.transport.FuseTransport;
import io.loadstar.transport.FuseTransportContractTest;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class KernelFuseTransportTest extends FuseTransportContractTest {

  @Override
  protected FuseTransport transport() {
    return new KernelFuseTransport(KernelOptions.DEFAULT);
  }

  @Test
  void kernelsAreNewEnoughFromFiveFourOn() {
    for (String release : new String[] {"5.4", "5.4.0-100-generic", "5.15.167", "6.18.1", "10.0"}) {
      assertTrue(KernelFuseTransport.isNewEnough(release), release);
    }
    for (String release : new String[] {"5.3.18", "4.19.0-27-amd64", "3.10.0-1160.el7"}) {
      assertFalse(KernelFuseTransport.isNewEnough(release), release);
    }
    assertEquals(Optional.empty(), KernelFuseTransport.obstacle());
  }
}
