package io.loadstar.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a store finds that was killed at any step. A copy of its files is what a kill leaves. */
final class SnapshotStoreCrashTest {

  private static final Map<String, String> NONE = Map.of();

  @TempDir Path folder;

  /** Runs {@code work} on a store, and copies its files at each of the store's steps. */
  private List<Path> killedAtEachStep(StoreWork work) throws Exception {
    List<Path> copies = new ArrayList<>();
    Path original = folder.resolve("original");
    try (SnapshotStore store =
        SnapshotStore.open(
            original,
            step -> {
              Path copy = folder.resolve("copy" + copies.size() + "-" + step);
              copy(original, copy);
              copies.add(copy);
            })) {
      work.run(store);
      Path last = folder.resolve("last");
      copy(original, last);
      copies.add(last);
    }
    return copies;
  }

  private static void copy(Path source, Path target) throws IOException {
    try (Stream<Path> paths = Files.walk(source)) {
      for (Path path : (Iterable<Path>) paths::iterator) {
        Files.copy(path, target.resolve(source.relativize(path)));
      }
    }
  }

  /** Everything that a row promises is there, and after a cleanup nothing else. */
  private static void assertSound(Path copy, SnapshotStore store) throws Exception {
    for (StoredSnapshot snapshot : store.all()) {
      assertTrue(Files.isDirectory(store.fs(snapshot)), copy.toString());
    }
    for (Path garbage : store.garbage()) {
      TreeRemoval.remove(garbage);
    }
    try (Stream<Path> left = Files.list(store.snapshotsDirectory())) {
      assertEquals(store.all().size(), left.count(), copy.toString());
    }
  }

  @Test
  void whereverAPrepareIsKilledItCanBeRepeated() throws Exception {
    List<Path> copies =
        killedAtEachStep(store -> store.create(SnapshotKind.ACTIVE, "key", "", NONE));
    assertEquals(4, copies.size());
    for (Path copy : copies) {
      try (SnapshotStore store = SnapshotStore.open(copy)) {
        if (store.all().isEmpty()) {
          StoredSnapshot made = store.create(SnapshotKind.ACTIVE, "key", "", NONE);
          assertTrue(Files.isDirectory(store.work(made)));
        }
        assertSound(copy, store);
        assertEquals("key", store.all().getFirst().name());
      }
    }
  }

  @Test
  void whereverAMountPointsMakingIsKilledItCanBeRepeated() throws Exception {
    List<Path> copies =
        killedAtEachStep(store -> {
          store.createMountPoint("key", "", NONE);
          store.commits().commitRemote("key", "name", Owner.ROOT);
        });
    assertEquals(4, copies.size());
    for (Path copy : copies) {
      try (SnapshotStore store = SnapshotStore.open(copy)) {
        if (store.all().isEmpty()) {
          store.createMountPoint("key", "", NONE);
          store.commits().commitRemote("key", "name", Owner.ROOT);
        }
        assertSound(copy, store);
        assertTrue(store.get("name").remote(), copy.toString());
      }
    }
  }

  /** Nothing of it was forced: a power cut may leave the row without its directory. */
  @Test
  void aLostMountPointIsMadeAnew() throws Exception {
    StoredSnapshot made;
    try (SnapshotStore store = SnapshotStore.open(folder)) {
      made = store.createMountPoint("key", "", NONE);
      store.commits().commitRemote("key", "name", Owner.ROOT);
      TreeRemoval.remove(store.snapshotsDirectory().resolve(Long.toString(made.id())));
    }
    try (SnapshotStore store = SnapshotStore.open(folder)) {
      assertTrue(Files.isDirectory(store.fs(made)));
      assertEquals("name", store.all().getFirst().name());
    }
  }

  @Test
  void forcedAndUnforcedTransactionsSeeEachOther() throws Exception {
    try (SnapshotStore store = SnapshotStore.open(folder)) {
      for (int i = 0; i < 20; i++) {
        String parent = i == 0 ? "" : "name" + (i - 1);
        store.create(SnapshotKind.VIEW, "view", parent, NONE);
        assertThrows(
            SnapshotException.AlreadyExists.class, () -> store.createMountPoint("view", "", NONE));
        StoredSnapshot made = store.createMountPoint("key", parent, Map.of("label", "" + i));
        assertEquals(made, store.get("key"));
        store.keep(made);
        store.commits().commitRemote("key", "name" + i, Owner.ROOT);
        store.remove("view");
      }
    }
    try (SnapshotStore store = SnapshotStore.open(folder)) {
      assertEquals(20, store.all().size());
      assertEquals("19", store.get("name19").info().labels().get("label"));
    }
  }

  @Test
  void aPrepareThatHasAnsweredIsThere() throws Exception {
    List<Path> copies = killedAtEachStep(store -> store.create(SnapshotKind.VIEW, "key", "", NONE));
    try (SnapshotStore store = SnapshotStore.open(copies.getLast())) {
      assertEquals(SnapshotKind.VIEW, store.get("key").info().kind());
    }
  }

  @Test
  void whereverARemoveIsKilledNothingIsLostThatWasNotRemoved() throws Exception {
    List<Path> copies =
        killedAtEachStep(store -> {
          store.create(SnapshotKind.ACTIVE, "key", "", NONE);
          store.commits().commit("key", "name", "", NONE);
          store.create(SnapshotKind.ACTIVE, "child", "name", NONE);
          store.remove("child");
        });
    for (Path copy : copies) {
      try (SnapshotStore store = SnapshotStore.open(copy)) {
        assertSound(copy, store);
      }
    }
    try (SnapshotStore store = SnapshotStore.open(copies.getLast())) {
      assertEquals(List.of("name"), store.all().stream().map(StoredSnapshot::name).toList());
    }
  }

  @Test
  void aLostDirectoryOfAnActiveSnapshotIsMadeAnew() throws Exception {
    StoredSnapshot made;
    try (SnapshotStore store = SnapshotStore.open(folder)) {
      made = store.create(SnapshotKind.ACTIVE, "key", "", NONE);
      TreeRemoval.remove(store.snapshotsDirectory().resolve(Long.toString(made.id())));
    }
    try (SnapshotStore store = SnapshotStore.open(folder)) {
      assertTrue(Files.isDirectory(store.fs(made)));
      assertTrue(Files.isDirectory(store.work(made)));
    }
  }

  @Test
  void lostContentIsNotMadeUp() throws Exception {
    StoredSnapshot made;
    try (SnapshotStore store = SnapshotStore.open(folder)) {
      made = store.create(SnapshotKind.ACTIVE, "key", "", NONE);
      store.commits().commit("key", "name", "", NONE);
      TreeRemoval.remove(store.snapshotsDirectory().resolve(Long.toString(made.id())));
    }
    try (SnapshotStore store = SnapshotStore.open(folder)) {
      assertFalse(Files.exists(store.fs(made)));
    }
  }

  @Test
  void aDatabaseOfANewerVersionIsRefused() throws Exception {
    SnapshotStore.open(folder).close();
    Path file = folder.resolve("snapshotter/metadata.db");
    try (var connection = java.sql.DriverManager.getConnection("jdbc:sqlite:" + file);
        var statement = connection.createStatement()) {
      statement.execute("UPDATE schema_version SET version = 99");
    }
    IOException e = assertThrows(IOException.class, () -> SnapshotStore.open(folder));
    assertTrue(String.valueOf(e.getMessage()).contains("newer version"), e.getMessage());
  }

  @Test
  void aRootThatOverlayfsCannotTakeIsRefused() {
    assertThrows(IOException.class, () -> SnapshotStore.open(folder.resolve("a:b")));
  }

  @Test
  void aTreeDeeperThanAPathCanNameIsDeleted() throws Exception {
    Path top = Files.createDirectory(folder.resolve("deep"));
    Path step = folder.resolve("step");
    String name = "d".repeat(200);
    // Built from the bottom up, since the bottom couldn't be named from the top.
    Files.createDirectory(step);
    for (int i = 0; i < 40; i++) {
      Path outer = Files.createDirectory(folder.resolve("outer"));
      Files.writeString(outer.resolve("file"), "x");
      Files.move(step, outer.resolve(name));
      Files.move(outer, step);
    }
    Files.move(step, top.resolve(name));
    Usage usage = DiskUsage.of(top);
    assertTrue(usage.inodes() > 10);
    TreeRemoval.remove(top);
    assertFalse(Files.exists(top));
  }

  /** What is done before the kill. */
  private interface StoreWork {
    void run(SnapshotStore store) throws Exception;
  }
}
