package io.loadstar.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** What containerd may rely on of layers that the snapshotter brings itself. */
abstract class RemoteSnapshotContract extends SnapshotterRig {
  @Test
  void aTargetThatCanBeMountedIsThereAtOnce() throws Exception {
    String one = remote("sha256:1", "");
    String two = remote("sha256:2", one);
    SnapshotInfo info = snapshotter.stat(two);
    assertEquals(one, info.parent());
    assertEquals(SnapshotLabel.REMOTE_VALUE, info.labels().get(SnapshotLabel.REMOTE));
    assertEquals("layer sha256:2", info.labels().get(DirectoryRemoteFileSystem.LAYER));
    assertEquals(new Usage(4711, 0), snapshotter.usage(two));
    assertEquals("layer sha256:1", Files.readString(Path.of(fs(1), "layer")));
    assertThrows(SnapshotException.NotFound.class, () -> snapshotter.stat("extract sha256:2"));
  }

  @Test
  void aTargetThatCannotBeMountedIsAnOrdinarySnapshot() throws Exception {
    String one = remote("sha256:1", "");
    Map<String, String> labels = Map.of(SnapshotLabel.REF, "sha256:2");
    List<Mount> mounts = snapshotter.prepare("key", one, labels);
    assertEquals("overlay", mounts.getFirst().type());
    assertEquals(SnapshotKind.ACTIVE, snapshotter.stat("key").kind());
    snapshotter.commit("default/2/sha256:2", "key", labels);
    assertEquals("default/2/sha256:2", found("sha256:2", one).name());
  }

  @Test
  void aTargetThatCannotBeMountedIsUnpackedWhereThatCanBeDone() throws Exception {
    String one = remote("sha256:1", "");
    Map<String, String> labels = Map.of(SnapshotLabel.REF, "sha256:2", FileUnpacker.FILE, "x");
    assertThrows(
        SnapshotException.AlreadyExists.class, () -> snapshotter.prepare("key", one, labels));
    SnapshotInfo two = found("sha256:2", one);
    assertEquals("unpacked", two.labels().get(SnapshotLabel.PREPARED));
    assertTrue(two.labels().getOrDefault(SnapshotLabel.REASON, "").contains("name no layer"));
    assertEquals("x on sha256:1", Files.readString(Path.of(fs(2), "file")));
    assertEquals(2, snapshotter.usage(two.name()).inodes());
    assertThrows(
        SnapshotException.AlreadyExists.class, () -> snapshotter.prepare("other", one, labels));
    remote("sha256:3", two.name());
    snapshotter.mounts(prepared("container", "sha256:3", two.name()));
  }

  private String prepared(String key, String ref, String parent) throws SnapshotException {
    snapshotter.prepare(key, found(ref, parent).name(), NONE);
    return key;
  }

  @Test
  void aTargetThatCannotBeUnpackedEitherIsEmpty() throws Exception {
    Map<String, String> labels =
        Map.of(SnapshotLabel.REF, "sha256:1", FileUnpacker.FILE, FileUnpacker.BROKEN);
    List<Mount> mounts = snapshotter.prepare("key", "", labels);
    try (var files = Files.list(Path.of(mounts.getFirst().source()));
        var directories = Files.list(Path.of(fs(1)).getParent())) {
      assertEquals(0, files.count());
      assertEquals(2, directories.count());
    }
    assertEquals(SnapshotKind.ACTIVE, snapshotter.stat("key").kind());
    assertEquals("ordinary", snapshotter.stat("key").labels().get(SnapshotLabel.PREPARED));
  }

  @Test
  void whyALayerIsNotLazyOutlivesItsCommit() throws Exception {
    Map<String, String> labels = Map.of(SnapshotLabel.REF, "sha256:1");
    snapshotter.prepare("key", "", labels);
    snapshotter.commit("name", "key", labels);
    Map<String, String> kept = snapshotter.stat("name").labels();
    assertEquals("ordinary", kept.get(SnapshotLabel.PREPARED));
    assertEquals("the labels name no layer", kept.get(SnapshotLabel.REASON));
    assertEquals(
        "lazy", snapshotter.stat(remote("sha256:2", "")).labels().get(SnapshotLabel.PREPARED));
  }

  @Test
  void aSecondNamespaceFindsTheTargetWithoutAnotherMount() throws Exception {
    String one = remote("sha256:1", "");
    assertThrows(
        SnapshotException.AlreadyExists.class,
        () -> snapshotter.prepare("other", "", target("sha256:1", "layer sha256:1")));
    assertEquals(1, remote.mounts.get());
    assertEquals(one, found("sha256:1", "").name());
    assertThrows(SnapshotException.NotFound.class, () -> snapshotter.stat("other"));
  }

  @Test
  void aTargetThatContainerdUnpackedIsFoundToo() throws Exception {
    Map<String, String> labels = Map.of(SnapshotLabel.REF, "sha256:1");
    snapshotter.prepare("key", "", labels);
    snapshotter.commit("default/2/sha256:1", "key", labels);
    assertThrows(
        SnapshotException.AlreadyExists.class,
        () -> snapshotter.prepare("other", "", target("sha256:1", "x")));
    assertEquals(0, remote.mounts.get());
  }

  @Test
  void aChainIdDoesNotPutOneImagesContentIntoAnother() throws Exception {
    remote("sha256:1", "");
    List<Mount> mounts = snapshotter.prepare("key", "", target("sha256:1", "something else"));
    assertEquals("bind", mounts.getFirst().type());
    assertEquals(1, remote.mounts.get());
  }

  @Test
  void twoPreparesOfOneTargetMountItOnce() throws Exception {
    remote.gate = new CountDownLatch(1);
    List<Future<?>> prepares = new ArrayList<>();
    try (ExecutorService callers = Executors.newFixedThreadPool(4)) {
      for (int i = 0; i < 4; i++) {
        String key = "key" + i;
        prepares.add(
            callers.submit(() ->
                assertThrows(
                    SnapshotException.AlreadyExists.class,
                    () -> snapshotter.prepare(key, "", target("sha256:1", "x")))));
      }
      remote.gate.countDown();
      for (Future<?> prepare : prepares) {
        prepare.get();
      }
    }
    assertEquals(1, remote.mounts.get());
    found("sha256:1", "");
  }

  @Test
  void anUnreadableLayerIsNamedAndMakesItsChildrenUnavailable() throws Exception {
    String one = remote("sha256:1", "");
    String two = remote("sha256:2", one);
    snapshotter.prepare("before", two, NONE);
    remote.broken.add(Path.of(fs(1)));
    for (String key : List.of("before", "after")) {
      LayerUnavailableException e =
          assertThrows(
              LayerUnavailableException.class,
              () -> {
                if (key.equals("after")) {
                  snapshotter.prepare(key, two, NONE);
                }
                snapshotter.mounts(key);
              });
      assertTrue(String.valueOf(e.getMessage()).contains("sha256:1"), e.getMessage());
    }
    assertThrows(SnapshotException.NotFound.class, () -> snapshotter.stat("after"));
    remote.broken.clear();
    snapshotter.mounts("before");
  }

  @Test
  void aRemovedRemoteSnapshotIsUnmountedAtCleanup() throws Exception {
    String one = remote("sha256:1", "");
    assertEquals(1, remote.mounted.size());
    snapshotter.remove(one);
    snapshotter.cleanup();
    assertEquals(0, remote.mounted.size());
    assertFalse(Files.exists(Path.of(fs(1))));
  }

  @Test
  void whatIsPreparedBelongsToWhoTheLayerBelowBelongsTo() throws Exception {
    assumeTrue(
        SnapshotDirectories.ownerOf(root).equals(Owner.ROOT),
        "skipped: needs root to give files away");
    String one = remote("sha256:1", "");
    snapshotter.prepare("a", one, NONE);
    assertEquals(7, Files.getAttribute(Path.of(fs(2)), "unix:uid"));
    assertEquals(8, Files.getAttribute(Path.of(fs(2)), "unix:gid"));
  }

  @Test
  void aLabelFromAManifestMakesNoRemoteSnapshot() throws Exception {
    Map<String, String> labels = Map.of(SnapshotLabel.REMOTE, "claimed");
    snapshotter.prepare("key", "", labels);
    snapshotter.commit("one", "key", labels);
    snapshotter.prepare("a", "one", NONE);
  }
}
