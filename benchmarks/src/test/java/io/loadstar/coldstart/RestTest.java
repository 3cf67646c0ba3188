package io.loadstar.coldstart;

import static org.junit.jupiter.api.Assertions.assertFalse;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RestTest {

  @Test
  void aMachineWithABusyProcessorIsNotAtRest() throws Exception {
    Thread busy =
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              while (!Thread.currentThread().isInterrupted()) {
                Thread.onSpinWait();
              }
            });
    try {
      assertFalse(Rest.await(Duration.ofSeconds(1)));
    } finally {
      busy.interrupt();
      busy.join();
    }
  }
}
