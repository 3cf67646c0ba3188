package io.loadstar.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.loadstar.build.BuildOptions;
import io.loadstar.grpc.GrpcSnapshotter;
import io.loadstar.registry.fake.FakeRegistry;
import io.loadstar.snapshot.Mount;
import io.loadstar.snapshot.SnapshotException;
import io.loadstar.snapshot.SnapshotInfo;
import io.loadstar.snapshot.SnapshotKind;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A daemon, a client of it and a registry, in a folder of their own. Not thread-safe. */
final class DaemonNode implements Closeable {

  /** Fetches nothing that nobody asks for, so that requests can be counted. */
  static final String ON_DEMAND_ONLY =
      "no_background_fetch = true\nnoprefetch = true\nmetrics_address = \"127.0.0.1:0\"\n";

  final Path folder;
  final FakeRegistry registry;
  DaemonProcess daemon;
  GrpcSnapshotter client;
  private int layers;

  /** In those tests a registry that is away stays so. */
  static final String NO_RETRIES = "[resolver]\nretry_sec = 0\n";

  private DaemonNode(Path folder, String configuration) throws IOException {
    this.folder = folder;
    this.registry = new FakeRegistry();
    this.daemon = DaemonProcess.start(folder, configuration);
    this.client = daemon.connect();
  }

  /** Starts one; the test is skipped where that can't be done. */
  static DaemonNode start(Path folder) throws IOException {
    return start(folder, ON_DEMAND_ONLY);
  }

  /** Starts one whose daemon is so configured; the test is skipped where that can't be done. */
  static DaemonNode start(Path folder, String configuration) throws IOException {
    assumeTrue(
        Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid")),
        "skipped: needs root");
    assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "skipped: needs /dev/fuse");
    return new DaemonNode(folder, configuration);
  }

  /** Starts the daemon again, which has been ended. */
  void restart(String configuration, String... options) throws IOException {
    client.close();
    daemon = DaemonProcess.start(folder, configuration, options);
    client = daemon.connect();
  }

  /** A layer unlike any other of this node. */
  TestLayer layer() throws Exception {
    return layer(BuildOptions.DEFAULT);
  }

  /** A layer unlike any other of this node, so built but for the size of its chunks. */
  TestLayer layer(BuildOptions options) throws Exception {
    return TestLayer.make(folder, "layer" + layers++, registry, options);
  }

  /** Where the content of a remote snapshot is mounted. */
  Path fs(String name) {
    String id = name.substring(name.indexOf('@') + 1);
    return folder.resolve("root/snapshotter/snapshots/" + id + "/fs");
  }

  /** Prepares a target as containerd does; the name of the snapshot that is there then. */
  String prepareRemote(TestLayer layer, String parent, TestLayer... neighbours)
      throws SnapshotException {
    assertThrows(
        SnapshotException.AlreadyExists.class,
        () ->
            client.prepare(
                "extract " + layer.ref(),
                parent,
                layer.labels(registry.image().toString(), neighbours)));
    String filter = "labels.\"containerd.io/snapshot.ref\"==" + layer.ref();
    List<SnapshotInfo> found = client.list(List.of(filter + ",parent==\"" + parent + "\""));
    assertEquals(1, found.size());
    assertEquals(SnapshotKind.COMMITTED, found.getFirst().kind());
    return found.getFirst().name();
  }

  /** Prepares a target that can't be lazy, and looks for the reason in the log. */
  void assertOrdinary(Map<String, String> labels, String reason) throws Exception {
    String key = "ordinary " + layers++;
    List<Mount> mounts = client.prepare(key, "", labels);
    assertEquals("bind", mounts.getFirst().type());
    String line =
        daemon
            .log()
            .lines()
            .filter(text -> text.contains("\"key\":\"" + key + "\""))
            .findFirst()
            .orElse("");
    assertTrue(line.contains("\"remote-snapshot-prepared\":\"false\""), line);
    assertTrue(line.contains(reason), line);
  }

  List<String> mounts() throws IOException {
    return DaemonProcess.mounts(folder);
  }

  static void run(String... command) throws Exception {
    assertEquals(0, new ProcessBuilder(command).inheritIO().start().waitFor());
  }

  @Override
  public void close() throws IOException {
    client.close();
    daemon.close();
    registry.close();
  }
}
