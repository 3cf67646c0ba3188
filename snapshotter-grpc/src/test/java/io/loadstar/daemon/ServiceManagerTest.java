package io.loadstar.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What systemd is told, by real datagrams. */
@Timeout(60)
final class ServiceManagerTest {

  private static final long PID = 77;
  private static final String MILLISECOND = "1000";

  @TempDir Path folder;

  @Test
  void itIsToldWhenTheDaemonAnswersReadsItsConfigurationAndStops() throws Exception {
    try (DatagramReceiver systemd = DatagramReceiver.at(folder.resolve("notify"))) {
      ServiceManager manager = ServiceManager.of(systemd.environment(), PID);
      manager.ready();
      assertEquals("READY=1\nSTATUS=serving snapshots", systemd.receive());
      manager.reloading();
      assertTrue(systemd.receive().matches("RELOADING=1\nMONOTONIC_USEC=\\d+"));
      manager.close();
      assertEquals("STOPPING=1\nSTATUS=stopping", systemd.receive());
    }
  }

  @Test
  void anAbstractAddressIsFollowed() throws Exception {
    try (DatagramReceiver systemd = DatagramReceiver.named("@loadstar-test-" + folder)) {
      ServiceManager.of(systemd.environment(), PID).ready();
      assertTrue(systemd.receive().startsWith("READY=1"));
    }
  }

  @Test
  void theWatchdogHearsAsLongAsTheDaemonAnswers() throws Exception {
    try (DatagramReceiver systemd = DatagramReceiver.at(folder.resolve("notify"))) {
      Map<String, String> environment = systemd.environment("WATCHDOG_USEC", MILLISECOND);
      AtomicBoolean healthy = new AtomicBoolean(true);
      try (ServiceManager manager = ServiceManager.of(environment, PID)) {
        manager.watch(() -> healthy.getAndSet(false));
        assertEquals("WATCHDOG=1", systemd.receive());
        manager.ready();
        assertTrue(systemd.receive().startsWith("READY=1"), "unhealthy, and yet it was heard");
        healthy.set(true);
        assertEquals("WATCHDOG=1", systemd.receive());
      }
    }
  }

  @Test
  void aWatchdogOfAnotherProcessIsNotOurs() throws Exception {
    try (DatagramReceiver systemd = DatagramReceiver.at(folder.resolve("notify"))) {
      Map<String, String> environment =
          systemd.environment("WATCHDOG_USEC", MILLISECOND, "WATCHDOG_PID", "78");
      try (ServiceManager manager = ServiceManager.of(environment, PID)) {
        manager.watch(() -> true);
        manager.ready();
        assertTrue(systemd.receive().startsWith("READY=1"));
      }
    }
  }

  @Test
  void withoutASocketNobodyIsTold() {
    try (ServiceManager manager = ServiceManager.of(Map.of(), PID)) {
      manager.watch(() -> true);
      manager.ready();
    }
  }

  @Test
  void aSocketThatIsGoneStopsNothing() {
    Map<String, String> environment = Map.of("NOTIFY_SOCKET", folder.resolve("gone").toString());
    try (ServiceManager manager = ServiceManager.of(environment, PID)) {
      manager.ready();
    }
  }
}
