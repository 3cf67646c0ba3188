package io.loadstar.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.linux.FuseControl;
import io.loadstar.linux.MountTable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code loadstar-snapshotter abort}: the operator's way out of a mount that hangs. */
final class ConnectionAbortTest {

  @TempDir static Path folder;

  @SuppressWarnings("NullAway.Init") // made before the tests, unless they are skipped
  private static DaemonNode node;

  @BeforeAll
  static void start() throws Exception {
    node = DaemonNode.start(folder);
  }

  @AfterAll
  static void stop() throws Exception {
    if (node != null) {
      node.close();
    }
  }

  @Test
  void whoWaitsForADaemonThatDoesNotAnswerGetsAnError() throws Exception {
    TestLayer layer = node.layer();
    String name = node.prepareRemote(layer, "");
    node.client.prepare("above " + name, name, Map.of());
    Path mount = node.fs(name).toRealPath();
    int connection = connectionOf(mount);
    node.daemon.signal("STOP");
    try {
      Process reader = new ProcessBuilder("cat", mount.resolve("small").toString()).start();
      DaemonProcess.await(() -> hasWaiting(connection));

      DaemonProcess.Outcome outcome = DaemonProcess.run("abort", mount.toString());

      assertEquals(
          new DaemonProcess.Outcome(0, mount + ": FUSE connection " + connection + " is aborted"),
          outcome);
      assertTrue(reader.waitFor(30, TimeUnit.SECONDS), "it still waits");
      assertEquals(1, reader.exitValue());
    } finally {
      node.daemon.signal("CONT");
    }
    node.client.mounts("above " + name);
    assertEquals(FileTree.of(layer.tree()), FileTree.of(mount), "mounted again when it is wanted");
  }

  private static boolean hasWaiting(int connection) {
    try {
      return FuseControl.waiting(connection) > 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int connectionOf(Path mount) throws Exception {
    return Objects.requireNonNull(MountTable.read().at(mount), mount + " isn't mounted").minor();
  }

  @Test
  void aSnapshotIsKnownByItsNumber() throws Exception {
    String name = node.prepareRemote(node.layer(), "");
    String number = name.substring(name.indexOf('@') + 1);
    String root = folder.resolve("root").toString();
    Path mount = node.fs(name).toRealPath();
    String connection = mount + ": FUSE connection " + connectionOf(mount);

    assertEquals(
        new DaemonProcess.Outcome(0, connection + " is aborted"),
        DaemonProcess.run("abort", "--root", root, number));
    assertEquals(
        new DaemonProcess.Outcome(0, connection + " is aborted"),
        DaemonProcess.run("--root", root, "abort", number),
        "twice does no harm");
  }

  @Test
  void whatIsNoLayerIsRefusedInALine() throws Exception {
    assertEquals(
        new DaemonProcess.Outcome(
            1,
            "loadstar-snapshotter: /nowhere: nothing is mounted there (see /proc/self/mountinfo)"),
        DaemonProcess.run("abort", "/nowhere"));
    assertEquals(
        new DaemonProcess.Outcome(1, "loadstar-snapshotter: /proc: not a layer, but proc (proc)"),
        DaemonProcess.run("abort", "/proc"));
    DaemonProcess.Outcome misused = DaemonProcess.run("abort");
    assertEquals(2, misused.status());
    assertTrue(misused.output().contains("MOUNTPOINT|SNAPSHOT"), misused.output());
    DaemonProcess.Outcome help = DaemonProcess.run("abort", "--help");
    assertEquals(0, help.status());
    assertTrue(help.output().contains("Usage: loadstar-snapshotter abort"), help.output());
  }
}
