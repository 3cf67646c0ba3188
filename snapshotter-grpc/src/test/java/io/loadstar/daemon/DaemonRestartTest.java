package io.loadstar.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.snapshot.LayerUnavailableException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a daemon finds that was killed, or told to stop. */
final class DaemonRestartTest {

  @TempDir Path folder;

  @SuppressWarnings("NullAway.Init") // made before each test, unless that is skipped
  private DaemonNode node;

  @BeforeEach
  void start() throws Exception {
    node = DaemonNode.start(folder);
  }

  @AfterEach
  void stop() throws Exception {
    if (node != null) {
      node.close();
    }
  }

  @Test
  void afterAKillMountsComeBackWithoutTheRegistry() throws Exception {
    TestLayer layer = node.layer();
    String name = node.prepareRemote(layer, "");
    Path fs = node.fs(name);
    node.client.prepare("container", name, Map.of());
    FileTree.of(fs);
    node.daemon.kill();
    node.registry.goAway();
    // What was read may still be in the kernel's cache; this is asked of the daemon each time.
    assertThrows(IOException.class, () -> Files.getFileStore(fs).getTotalSpace());
    node.restart(DaemonNode.ON_DEMAND_ONLY);
    assertEquals(FileTree.of(layer.tree()), FileTree.of(fs));
    assertEquals("overlay", node.client.mounts("container").getFirst().type());
    assertEquals(List.of(fs.toString()), node.mounts());
  }

  @Test
  void whatCannotBeMountedAgainIsUnavailableUntilItCanAndStopsNoOthers() throws Exception {
    TestLayer layer = node.layer();
    TestLayer whole = node.layer();
    String name = node.prepareRemote(layer, "");
    String other = node.prepareRemote(whole, name);
    node.client.prepare("container", name, Map.of());
    FileTree.of(node.fs(other));
    node.daemon.kill();
    node.registry.goAway();
    Path kept = folder.resolve("root/layers").resolve(layer.built().digest().hex());
    DaemonNode.run("rm", "-r", kept.toString());
    node.restart(DaemonNode.ON_DEMAND_ONLY);
    assertEquals(List.of(node.fs(other).toString()), node.mounts());
    assertEquals(FileTree.of(whole.tree()), FileTree.of(node.fs(other)));
    LayerUnavailableException e =
        assertThrows(LayerUnavailableException.class, () -> node.client.mounts("container"));
    assertTrue(String.valueOf(e.getMessage()).contains(layer.ref()), e.getMessage());
    assertTrue(node.daemon.log().contains("failed to restore remote snapshot"));
    node.registry.comeBack();
    assertEquals("overlay", node.client.mounts("container").getFirst().type());
    assertEquals(FileTree.of(layer.tree()), FileTree.of(node.fs(name)));
  }

  /** Of its registry, this time: while an image is pulled. */
  @Test
  void aRegistryThatIsRestartedMakesNoOrdinaryLayers() throws Exception {
    TestLayer layer = node.layer();
    node.registry.goAway();
    try (ExecutorService prepare = Executors.newSingleThreadExecutor()) {
      Future<String> prepared = prepare.submit(() -> node.prepareRemote(layer, ""));
      DaemonProcess.await(() -> logged("resolving the layer is tried again"));
      node.registry.comeBack();
      assertEquals(FileTree.of(layer.tree()), FileTree.of(node.fs(prepared.get())));
    }
  }

  private boolean logged(String message) {
    try {
      return node.daemon.log().contains(message);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void toldToStopItLeavesMountsToTheNextUnlessToldToUnmount() throws Exception {
    TestLayer layer = node.layer();
    String name = node.prepareRemote(layer, "");
    FileTree.of(node.fs(name));
    assertEquals(0, node.daemon.terminate());
    assertEquals(false, Files.exists(node.daemon.socket()));
    assertEquals(List.of(node.fs(name).toString()), node.mounts());
    node.registry.goAway();
    node.restart(DaemonNode.ON_DEMAND_ONLY, "--unmount-on-stop");
    assertEquals(List.of(node.fs(name).toString()), node.mounts());
    assertEquals(FileTree.of(layer.tree()), FileTree.of(node.fs(name)));
    assertEquals(0, node.daemon.terminate());
    assertEquals(List.of(), node.mounts());
  }

  @Test
  void aLayerWhoseReadsFailIsUnavailableUntilItsRegistryAnswers() throws Exception {
    TestLayer layer = node.layer();
    node.daemon.terminate();
    node.restart(DaemonNode.ON_DEMAND_ONLY + "[read]\ntimeout_sec = 1\n");
    String name = node.prepareRemote(layer, "");
    node.client.prepare("container", name, Map.of());
    node.registry.goAway();
    assertThrows(IOException.class, () -> Files.readAllBytes(node.fs(name).resolve("large")));
    assertThrows(LayerUnavailableException.class, () -> node.client.mounts("container"));
    node.registry.comeBack();
    assertEquals(1, node.client.mounts("container").size());
    int before = node.registry.requests().size();
    assertEquals(1, node.client.mounts("container").size());
    assertEquals(before, node.registry.requests().size(), "it is healthy again");
    assertEquals(FileTree.of(layer.tree()), FileTree.of(node.fs(name)));
  }
}
