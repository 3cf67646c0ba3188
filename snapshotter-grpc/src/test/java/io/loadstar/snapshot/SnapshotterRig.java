package io.loadstar.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A snapshotter on a store of its own, reached in some way, and what contracts ask of it. */
abstract class SnapshotterRig {
  static final Map<String, String> NONE = Map.of();
  @TempDir protected Path root;
  protected final DirectoryRemoteFileSystem remote = new DirectoryRemoteFileSystem();
  final FileUnpacker unpacker = new FileUnpacker();
  private final ExecutorService checks = Executors.newVirtualThreadPerTaskExecutor();
  protected SnapshotStore store;
  protected Snapshotter snapshotter;

  /** Makes {@code backend} reachable the way that is under test. */
  protected abstract Snapshotter reach(Snapshotter backend) throws Exception;

  @BeforeEach
  void open() throws Exception {
    store = SnapshotStore.open(root);
    snapshotter =
        reach(
            new OverlaySnapshotter(
                store,
                new OverlayMounts(store, new MappedLowers(store, remote), List.of()),
                new OverlaySnapshotter.Layers(remote, unpacker),
                new ChainCheck(remote, checks)));
  }

  @AfterEach
  void close() throws Exception {
    checks.close();
    store.close();
  }

  final String fs(int id) {
    return root.resolve("snapshotter/snapshots/" + id + "/fs").toString();
  }

  final void committed(String name, String parent) throws SnapshotException {
    snapshotter.prepare(name + "-key", parent, NONE);
    snapshotter.commit(name, name + "-key", NONE);
  }

  static Map<String, String> target(String ref, String layer) {
    return Map.of(
        SnapshotLabel.REF,
        ref,
        DirectoryRemoteFileSystem.LAYER,
        layer,
        SnapshotLabel.TOC_DIGEST,
        "toc of " + layer);
  }

  final String remote(String ref, String parent) throws SnapshotException {
    assertThrows(
        SnapshotException.AlreadyExists.class,
        () -> snapshotter.prepare("extract " + ref, parent, target(ref, "layer " + ref)));
    return found(ref, parent).name();
  }

  /** Asks as containerd does once its target is said to exist. */
  final SnapshotInfo found(String ref, String parent) throws SnapshotException {
    String filter = "labels.\"containerd.io/snapshot.ref\"==" + ref + ",parent==\"" + parent + "\"";
    List<SnapshotInfo> found = snapshotter.list(SnapshotFilter.parse(List.of(filter)));
    assertEquals(1, found.size());
    assertEquals(SnapshotKind.COMMITTED, found.getFirst().kind());
    return found.getFirst();
  }
}
