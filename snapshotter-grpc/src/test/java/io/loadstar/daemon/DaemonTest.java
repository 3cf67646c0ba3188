package io.loadstar.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.snapshot.Mount;
import io.loadstar.snapshot.SnapshotLabel;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The daemon as containerd meets it: a process, a socket, a registry, and real mounts. */
final class DaemonTest {

  @TempDir static Path folder;

  @SuppressWarnings("NullAway.Init") // made before the tests, unless they are skipped
  private static DaemonNode node;

  private int requestsBefore;

  @BeforeAll
  static void start() throws Exception {
    node = DaemonNode.start(folder, DaemonNode.ON_DEMAND_ONLY + DaemonNode.NO_RETRIES);
  }

  @AfterAll
  static void stop() throws Exception {
    if (node != null) {
      node.close();
    }
  }

  @BeforeEach
  void countRequests() {
    requestsBefore = node.registry.requests().size();
  }

  private int requests() {
    return node.registry.requests().size() - requestsBefore;
  }

  @Test
  void aLayerIsThereBeforeItHasArrived() throws Exception {
    TestLayer layer = node.layer();
    String name = node.prepareRemote(layer, "");
    assertEquals(1, requests(), "one request opens a layer");
    assertEquals(FileTree.of(layer.tree()), FileTree.of(node.fs(name)));
    assertEquals(
        SnapshotLabel.REMOTE_VALUE, node.client.stat(name).labels().get(SnapshotLabel.REMOTE));
    assertTrue(node.daemon.log().contains("\"remote-snapshot-prepared\":\"true\""));
  }

  @Test
  void aContainerWritesOverIt() throws Exception {
    TestLayer one = node.layer();
    TestLayer two = node.layer();
    String lower = node.prepareRemote(one, "", two);
    String upper = node.prepareRemote(two, lower);
    Mount mount = node.client.prepare("container", upper, Map.of()).getFirst();
    Path rootfs = Files.createDirectory(folder.resolve("rootfs"));
    String options = String.join(",", mount.options());
    DaemonNode.run("mount", "-t", mount.type(), "-o", options, mount.source(), rootfs.toString());
    assertEquals(77, Files.getAttribute(rootfs, "unix:gid"));
    String small = Files.readString(two.tree().resolve("small"));
    Files.writeString(rootfs.resolve("usr/lib/deep"), "changed");
    Files.delete(rootfs.resolve("large"));
    Files.createDirectory(rootfs.resolve("made"));
    Files.move(rootfs.resolve("small"), rootfs.resolve("made/small"));
    assertEquals("changed", Files.readString(rootfs.resolve("link")));
    assertEquals(small, Files.readString(rootfs.resolve("made/small")));
    assertTrue(node.client.usage("container").size() > 0);
    DaemonNode.run("umount", rootfs.toString());
  }

  @Test
  void neighboursAreOpenedAheadAndThenCostNothing() throws Exception {
    TestLayer one = node.layer();
    TestLayer two = node.layer();
    TestLayer three = node.layer();
    String lower = node.prepareRemote(one, "", two, three);
    DaemonProcess.await(() -> requests() == 3);
    node.prepareRemote(three, node.prepareRemote(two, lower));
    assertEquals(3, requests(), node.registry.lines().toString());
  }

  @Test
  void aLayerWithAnotherTocThanPromisedIsNotMounted() throws Exception {
    TestLayer layer = node.layer();
    String wrong = TestLayer.wrongDigest().toString();
    int mounts = node.mounts().size();
    node.assertOrdinary(
        TestLayer.with(
            layer.labels(node.registry.image().toString()), SnapshotLabel.TOC_DIGEST, wrong),
        "TOC: expected " + wrong + ", got " + layer.built().tocDigest());
    assertEquals(mounts, node.mounts().size());
  }

  @Test
  void aLayerWithoutAPromiseIsNotMounted() throws Exception {
    TestLayer layer = node.layer();
    node.assertOrdinary(
        TestLayer.with(
            layer.labels(node.registry.image().toString()), SnapshotLabel.TOC_DIGEST, ""),
        "no TOC digest");
    assertEquals(0, requests());
  }

  @Test
  void anOrdinaryLayerStaysOne() throws Exception {
    byte[] plain = "no footer".repeat(1000).getBytes(StandardCharsets.UTF_8);
    node.assertOrdinary(
        TestLayer.with(
            node.layer().labels(node.registry.image().toString()),
            "containerd.io/snapshot/cri.layer-digest",
            node.registry.add(plain).digest().toString()),
        "an ordinary layer");
  }

  @Test
  void anOrdinaryPullAsksNobody() throws Exception {
    node.assertOrdinary(Map.of(SnapshotLabel.REF, "sha256:x"), "name no image and layer");
    assertEquals(0, requests());
  }

  @Test
  void aRegistryThatIsAwayMakesOrdinarySnapshots() throws Exception {
    TestLayer layer = node.layer();
    node.registry.goAway();
    node.assertOrdinary(
        layer.labels(node.registry.image().toString()), layer.built().digest().toString());
    node.registry.comeBack();
  }

  @Test
  void aHealthyLayerIsCheckedWithoutARequest() throws Exception {
    String name = node.prepareRemote(node.layer(), "");
    node.client.prepare("healthy", name, Map.of());
    int before = node.registry.requests().size();
    node.registry.goAway();
    for (int i = 0; i < 20; i++) {
      assertEquals(1, node.client.mounts("healthy").size());
    }
    node.registry.comeBack();
    assertEquals(before, node.registry.requests().size());
  }

  @Test
  void whatALayerTakesGrowsAsItIsRead() throws Exception {
    TestLayer layer = node.layer();
    String name = node.prepareRemote(layer, "");
    long unread = node.client.usage(name).size();
    FileTree.of(node.fs(name));
    long read = node.client.usage(name).size();
    assertTrue(unread < 200_000, "before: " + unread);
    assertTrue(read >= 500_000, "after: " + read);
  }

  @Test
  void aMountThatSomebodyElseEndedIsMadeAgain() throws Exception {
    TestLayer layer = node.layer();
    String name = node.prepareRemote(layer, "");
    node.client.prepare("above " + name, name, Map.of());
    DaemonNode.run("umount", "-l", node.fs(name).toString());
    node.client.mounts("above " + name);
    assertEquals(FileTree.of(layer.tree()), FileTree.of(node.fs(name)));
  }

  @Test
  void aRemovedLayerIsUnmountedAndForgotten() throws Exception {
    TestLayer layer = node.layer();
    String name = node.prepareRemote(layer, "");
    Path kept = folder.resolve("root/layers").resolve(layer.built().digest().hex());
    assertTrue(Files.isDirectory(kept));
    node.client.remove(name);
    node.client.cleanup();
    assertEquals(false, node.mounts().contains(node.fs(name).toString()));
    assertEquals(false, Files.exists(node.fs(name).resolve("..")));
    assertEquals(false, Files.exists(kept));
  }

  @Test
  void aSecondDaemonSaysInALineWhoIsThere() throws Exception {
    Path other = Files.createDirectory(folder.resolve("other"));
    Files.createSymbolicLink(other.resolve("root"), folder.resolve("root"));
    try (DaemonProcess second = DaemonProcess.launch(other, "")) {
      assertEquals(1, second.exitStatus());
      assertTrue(second.log().contains("in use by a running daemon"), second.log());
      assertEquals(1, second.log().lines().count(), second.log());
    }
    node.client.list(List.of());
  }

  @Test
  void aRootThatCannotBeWrittenIsNamedInALine() throws Exception {
    Path other = Files.createDirectory(folder.resolve("unwritable"));
    Files.createSymbolicLink(other.resolve("root"), Path.of("/proc/loadstar"));
    try (DaemonProcess second = DaemonProcess.launch(other, "")) {
      assertEquals(1, second.exitStatus());
      assertTrue(second.log().contains("can't be made or written"), second.log());
      assertEquals(1, second.log().lines().count(), second.log());
    }
  }

  @Test
  void numbersAreShownToWhoAsks() throws Exception {
    FileTree.of(node.fs(node.prepareRemote(node.layer(), "")));
    String page = get("/metrics");
    for (String name :
        List.of("mounts", "prepares_total\\{outcome=\"mounted\"\\}", "layer_fetched_bytes_total")) {
      assertTrue(
          page.lines().anyMatch(line -> line.matches("loadstar_" + name + " [1-9]\\d*")), page);
    }
    assertTrue(page.contains("\nloadstar_digest_mismatches_total 0\n"), page);
    assertEquals("ok\n", get("/healthz"));
  }

  private static String get(String path) throws Exception {
    Matcher address = Pattern.compile("\"metrics\":\"([^\"]*)\"").matcher(node.daemon.log());
    assertTrue(address.find());
    try (HttpClient http = HttpClient.newHttpClient()) {
      URI uri = URI.create("http://" + address.group(1) + path);
      return http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }
}
