package io.loadstar.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The daemon as a service: what it tells its manager, and what ends its start in a line. */
@Timeout(120)
final class ServiceTest {

  @TempDir Path folder;

  @BeforeEach
  void needRoot() throws Exception {
    assumeTrue(
        Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid")),
        "skipped: needs root");
    assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "skipped: needs /dev/fuse");
  }

  @Test
  void itTellsWhenItAnswersReadsItsConfigurationAgainAndStops() throws Exception {
    try (DatagramReceiver systemd = DatagramReceiver.at(folder.resolve("notify"));
        DaemonProcess daemon =
            DaemonProcess.launch(folder, "", systemd.environment("WATCHDOG_USEC", "600000000"))) {
      assertEquals("READY=1\nSTATUS=serving snapshots", systemd.receive());
      assertTrue(Files.exists(daemon.socket()), "not before it can be reached");
      assertEquals("WATCHDOG=1", systemd.receive());

      Files.writeString(folder.resolve("config.toml"), "no_such_key = 1\n");
      daemon.reload();
      assertTrue(systemd.receive().startsWith("RELOADING=1\n"));
      assertTrue(systemd.receive().startsWith("READY=1\n"));
      assertTrue(daemon.log().contains("config.toml:1: no_such_key is no key"), daemon.log());

      assertEquals(0, daemon.terminate());
      assertTrue(systemd.receive().startsWith("STOPPING=1\n"));
    }
  }

  @Test
  void anUnknownKeyEndsTheStartInALine() throws Exception {
    assertEndsWith("\n[fuse]\ntransports = \"jnr\"\n", "config.toml:3: fuse.transports is no key");
  }

  private void assertEndsWith(String configuration, String reason) throws Exception {
    try (DaemonProcess daemon = DaemonProcess.launch(folder, configuration)) {
      assertEquals(1, daemon.exitStatus());
      assertTrue(daemon.log().contains(reason), daemon.log());
      assertEquals(1, daemon.log().lines().count(), daemon.log());
    }
  }
}
