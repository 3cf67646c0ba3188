package io.loadstar.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.snapshot.LayerUnavailableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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
  void whatCannotBeMountedAgainIsUnavailableUntilItCan() throws Exception {
    TestLayer layer = node.layer();
    String name = node.prepareRemote(layer, "");
    node.client.prepare("container", name, Map.of());
    node.daemon.kill();
    node.registry.goAway();
    DaemonNode.run("rm", "-r", folder.resolve("root/layers").toString());
    node.restart(DaemonNode.ON_DEMAND_ONLY);
    LayerUnavailableException e =
        assertThrows(LayerUnavailableException.class, () -> node.client.mounts("container"));
    assertTrue(String.valueOf(e.getMessage()).contains(layer.ref()), e.getMessage());
    assertTrue(node.daemon.log().contains("failed to restore remote snapshot"));
    node.registry.comeBack();
    assertEquals("overlay", node.client.mounts("container").getFirst().type());
    assertEquals(FileTree.of(layer.tree()), FileTree.of(node.fs(name)));
  }

  @Test
  void toldToStopItLeavesNothingMounted() throws Exception {
    node.prepareRemote(node.layer(), "");
    assertEquals(1, node.mounts().size());
    assertEquals(0, node.daemon.terminate());
    assertEquals(List.of(), node.mounts());
    assertEquals(false, Files.exists(node.daemon.socket()));
  }
}
