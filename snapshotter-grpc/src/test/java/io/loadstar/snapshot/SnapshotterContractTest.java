package io.loadstar.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What containerd may rely on, of any snapshotter, however it is reached. */
public abstract class SnapshotterContractTest extends RemoteSnapshotContract {
  @Test
  void whatWasMadeWithoutAParentIsPutOntoOneWhenItIsCommitted() throws Exception {
    committed("base", "");
    committed("middle", "base");
    snapshotter.prepare("key", "", NONE);
    snapshotter.commit("top", "key", "middle", Map.of("containerd.io/snapshot/l", "v"));
    assertEquals("middle", snapshotter.stat("top").parent());
    assertEquals(Map.of("containerd.io/snapshot/l", "v"), snapshotter.stat("top").labels());
    assertEquals(
        "lowerdir=" + fs(3) + ":" + fs(2) + ":" + fs(1),
        snapshotter.prepare("container", "top", NONE).getFirst().options().getLast());
    assertThrows(SnapshotException.FailedPrecondition.class, () -> snapshotter.remove("middle"));
  }

  @Test
  void aRebaseOntoWhatCannotBeAParentChangesNothing() throws Exception {
    committed("base", "");
    committed("other", "");
    snapshotter.prepare("active", "", NONE);
    snapshotter.prepare("key", "", NONE);
    snapshotter.prepare("placed", "base", NONE);
    assertThrows(
        SnapshotException.NotFound.class, () -> snapshotter.commit("top", "key", "none", NONE));
    assertThrows(
        SnapshotException.FailedPrecondition.class,
        () -> snapshotter.commit("top", "key", "active", NONE));
    for (String itself : List.of("key", "top")) {
      assertThrows(SnapshotException.class, () -> snapshotter.commit("top", "key", itself, NONE));
    }
    assertThrows(
        SnapshotException.InvalidArgument.class,
        () -> snapshotter.commit("top", "placed", "other", NONE));
    assertThrows(SnapshotException.NotFound.class, () -> snapshotter.stat("top"));
    assertEquals(SnapshotKind.ACTIVE, snapshotter.stat("key").kind());
    snapshotter.commit("top", "placed", "base", NONE);
    assertEquals("base", snapshotter.stat("top").parent());
  }

  @Test
  void withoutParentsAnActiveSnapshotIsABindMount() throws Exception {
    List<Mount> mounts = snapshotter.prepare("a", "", NONE);
    assertEquals(List.of(new Mount("bind", fs(1), List.of("rw", "rbind"))), mounts);
    assertEquals(mounts, snapshotter.mounts("a"));
  }

  @Test
  void withoutParentsAViewIsAReadOnlyBindMount() throws Exception {
    assertEquals(
        List.of(new Mount("bind", fs(1), List.of("ro", "rbind"))), snapshotter.view("v", "", NONE));
  }

  @Test
  void aViewOfOneLayerIsThatLayer() throws Exception {
    committed("one", "");
    assertEquals(
        List.of(new Mount("bind", fs(1), List.of("ro", "rbind"))),
        snapshotter.view("v", "one", NONE));
  }

  @Test
  void parentsAreLowerDirectoriesTheNearestFirst() throws Exception {
    committed("one", "");
    committed("two", "one");
    assertEquals(
        List.of(new Mount("overlay", "overlay", List.of("lowerdir=" + fs(2) + ":" + fs(1)))),
        snapshotter.view("v", "two", NONE));
    String work = fs(4).replace("/fs", "/work");
    List<String> options =
        List.of("workdir=" + work, "upperdir=" + fs(4), "lowerdir=" + fs(2) + ":" + fs(1));
    assertEquals(
        List.of(new Mount("overlay", "overlay", options)), snapshotter.prepare("a", "two", NONE));
  }

  @Test
  void directoriesHaveTheModesThatOverlayfsNeeds() throws Exception {
    snapshotter.prepare("a", "", NONE);
    Path snapshots = root.resolve("snapshotter/snapshots");
    assertEquals("rwx------", mode(snapshots));
    assertEquals("rwx------", mode(snapshots.resolve("1")));
    assertEquals("rwxr-xr-x", mode(snapshots.resolve("1/fs")));
    assertEquals("rwx--x--x", mode(snapshots.resolve("1/work")));
  }

  private static String mode(Path path) throws Exception {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  @Test
  void committingEndsTheKeyAndBeginsTheName() throws Exception {
    snapshotter.prepare("key", "", Map.of("was", "there"));
    snapshotter.commit("name", "key", Map.of("is", "here"));
    assertThrows(SnapshotException.NotFound.class, () -> snapshotter.stat("key"));
    SnapshotInfo info = snapshotter.stat("name");
    assertEquals(SnapshotKind.COMMITTED, info.kind());
    assertEquals(Map.of("is", "here"), info.labels());
    assertThrows(SnapshotException.FailedPrecondition.class, () -> snapshotter.mounts("name"));
  }

  @Test
  void keysAndNamesAreTakenOnce() throws Exception {
    committed("name", "");
    snapshotter.prepare("key", "", NONE);
    assertThrows(SnapshotException.AlreadyExists.class, () -> snapshotter.prepare("key", "", NONE));
    assertThrows(SnapshotException.AlreadyExists.class, () -> snapshotter.view("name", "", NONE));
    assertThrows(
        SnapshotException.AlreadyExists.class, () -> snapshotter.commit("name", "key", NONE));
    assertEquals(SnapshotKind.ACTIVE, snapshotter.stat("key").kind());
  }

  @Test
  void onlyWhatIsCommittedCanBeAParent() throws Exception {
    snapshotter.prepare("active", "", NONE);
    assertThrows(
        SnapshotException.InvalidArgument.class, () -> snapshotter.prepare("a", "active", NONE));
    assertThrows(SnapshotException.NotFound.class, () -> snapshotter.prepare("a", "nothing", NONE));
    assertThrows(SnapshotException.NotFound.class, () -> snapshotter.view("v", "nothing", NONE));
  }

  @Test
  void onlyWhatIsActiveCanBeCommitted() throws Exception {
    committed("name", "");
    snapshotter.view("view", "name", NONE);
    assertThrows(
        SnapshotException.FailedPrecondition.class, () -> snapshotter.commit("x", "view", NONE));
    assertThrows(
        SnapshotException.FailedPrecondition.class, () -> snapshotter.commit("x", "name", NONE));
    assertThrows(SnapshotException.NotFound.class, () -> snapshotter.commit("x", "none", NONE));
  }

  @Test
  void emptyNamesAreRefused() {
    assertThrows(SnapshotException.InvalidArgument.class, () -> snapshotter.prepare("", "", NONE));
    assertThrows(SnapshotException.InvalidArgument.class, () -> snapshotter.stat(""));
  }

  @Test
  void whatIsNotThereIsNotFound() {
    assertThrows(SnapshotException.NotFound.class, () -> snapshotter.stat("x"));
    assertThrows(SnapshotException.NotFound.class, () -> snapshotter.mounts("x"));
    assertThrows(SnapshotException.NotFound.class, () -> snapshotter.remove("x"));
    assertThrows(SnapshotException.NotFound.class, () -> snapshotter.usage("x"));
    assertThrows(SnapshotException.NotFound.class, () -> snapshotter.update("x", NONE, List.of()));
  }

  @Test
  void aParentIsRemovedAfterItsChildren() throws Exception {
    committed("one", "");
    committed("two", "one");
    assertThrows(SnapshotException.FailedPrecondition.class, () -> snapshotter.remove("one"));
    snapshotter.remove("two");
    snapshotter.remove("one");
    assertEquals(List.of(), snapshotter.list(SnapshotFilter.ALL));
  }

  @Test
  void directoriesGoAtCleanup() throws Exception {
    committed("one", "");
    snapshotter.prepare("a", "one", NONE);
    snapshotter.remove("a");
    assertTrue(Files.exists(Path.of(fs(2))));
    snapshotter.cleanup();
    assertFalse(Files.exists(Path.of(fs(2), "..")));
    assertTrue(Files.exists(Path.of(fs(1))));
  }

  @Test
  void aRemovedKeyCanBeUsedAgainInADirectoryOfItsOwn() throws Exception {
    snapshotter.prepare("a", "", NONE);
    Files.writeString(Path.of(fs(1), "old"), "old");
    snapshotter.remove("a");
    assertEquals(fs(2), snapshotter.prepare("a", "", NONE).getFirst().source());
    assertFalse(Files.exists(Path.of(fs(2), "old")));
  }

  @Test
  void labelsAreChangedAsTheMaskSays() throws Exception {
    snapshotter.prepare("a", "", Map.of("keep", "1", "change", "1", "drop", "1"));
    SnapshotInfo info =
        snapshotter.update(
            "a",
            Map.of("change", "2", "unmasked", "2"),
            List.of("labels.change", "labels.drop", "labels.new"));
    assertEquals(Map.of("keep", "1", "change", "2"), info.labels());
    assertEquals(info, snapshotter.stat("a"));
    assertEquals(
        Map.of("all", "new"),
        snapshotter.update("a", Map.of("all", "new"), List.of("labels")).labels());
    assertEquals(
        Map.of("again", "all"),
        snapshotter.update("a", Map.of("again", "all"), List.of()).labels());
  }

  @Test
  void aLabelNameMayHaveDots() throws Exception {
    snapshotter.prepare("a", "", NONE);
    Map<String, String> labels = Map.of("containerd.io/snapshot/x.y", "1");
    assertEquals(
        labels,
        snapshotter.update("a", labels, List.of("labels.containerd.io/snapshot/x.y")).labels());
  }

  @Test
  void nothingButLabelsCanBeUpdated() throws Exception {
    snapshotter.prepare("a", "", NONE);
    assertThrows(
        SnapshotException.InvalidArgument.class,
        () -> snapshotter.update("a", NONE, List.of("parent")));
  }

  @Test
  void anUpdateIsTimed() throws Exception {
    snapshotter.prepare("a", "", NONE);
    SnapshotInfo before = snapshotter.stat("a");
    SnapshotInfo after = snapshotter.update("a", Map.of("x", "y"), List.of());
    assertEquals(before.created(), after.created());
    assertFalse(after.updated().isBefore(before.updated()));
  }

  @Test
  void listShowsWhatAnyOfItsFiltersLetsThrough() throws Exception {
    committed("one", "");
    snapshotter.prepare("a", "one", Map.of("x", "y"));
    snapshotter.view("v", "one", NONE);
    assertEquals(List.of("one", "a", "v"), names());
    assertEquals(List.of("a", "v"), names("parent==one"));
    assertEquals(List.of("one", "v"), names("kind==committed", "kind==view"));
    assertEquals(List.of("a"), names("labels.x==y,parent==\"one\""));
  }

  @Test
  void aFilterThatIsNoneIsRefused() {
    assertThrows(
        SnapshotException.InvalidArgument.class,
        () -> snapshotter.list(SnapshotFilter.parse(List.of("name=="))));
  }

  private List<String> names(String... filters) throws SnapshotException {
    return snapshotter.list(SnapshotFilter.parse(List.of(filters))).stream()
        .map(SnapshotInfo::name)
        .toList();
  }

  @Test
  void moreSnapshotsThanOneMessageHoldsAreListed() throws Exception {
    committed("one", "");
    for (int i = 0; i < 120; i++) {
      snapshotter.view("v" + i, "one", NONE);
    }
    assertEquals(121, names().size());
  }

  @Test
  void usageOfAnActiveSnapshotIsMeasuredAndOfACommittedOneKept() throws Exception {
    snapshotter.prepare("a", "", NONE);
    Usage empty = snapshotter.usage("a");
    assertEquals(1, empty.inodes());
    Path file = Path.of(fs(1), "file");
    Files.write(file, new byte[10_000]);
    Files.createLink(Path.of(fs(1), "link"), file);
    Usage used = snapshotter.usage("a");
    assertEquals(new Usage(empty.size() + 12_288, 2), used);
    snapshotter.commit("one", "a", NONE);
    Files.delete(file);
    assertEquals(used, snapshotter.usage("one"));
  }
}
