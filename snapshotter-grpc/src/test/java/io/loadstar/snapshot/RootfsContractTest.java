package io.loadstar.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.loadstar.linux.MountTable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a container sees through the mounts that a snapshotter answers, however it is reached: the
 * cases by which containerd itself judges snapshotters, mounted in earnest.
 */
public abstract class RootfsContractTest {

  private static final Map<String, String> NONE = Map.of();

  /** Those of a container in a user namespace. */
  private static final Map<String, String> MAPPED =
      Map.of(IdLabels.UIDS, "0:100000:65536", IdLabels.GIDS, "0:200000:65536");

  /** The kernel copies a page of options at most: mount(2). */
  private static final int MAX_OPTIONS = 4096;

  /** As many layers as containerd and docker take. */
  private static final int MANY_LAYERS = 128;

  @TempDir protected Path folder;

  private final ExecutorService checks = Executors.newVirtualThreadPerTaskExecutor();
  private Path root = Path.of("");
  private Path rootfs = Path.of("");

  @SuppressWarnings("NullAway.Init") // set before each test
  private SnapshotStore store;

  @SuppressWarnings("NullAway.Init")
  private MappedLowers mapped;

  @SuppressWarnings("NullAway.Init")
  private Snapshotter snapshotter;

  /** Makes {@code backend} reachable the way that is under test. */
  protected abstract Snapshotter reach(Snapshotter backend) throws Exception;

  @BeforeEach
  void open() throws Exception {
    assumeTrue(
        SnapshotDirectories.ownerOf(folder).equals(Owner.ROOT), "skipped: needs root to mount");
    root = Files.createDirectory(folder.resolve("root"));
    rootfs = Files.createDirectory(folder.resolve("rootfs"));
    store = SnapshotStore.open(root);
    DirectoryRemoteFileSystem remote = new DirectoryRemoteFileSystem();
    mapped = new MappedLowers(store, remote);
    snapshotter =
        reach(
            new OverlaySnapshotter(
                store,
                new OverlayMounts(store, mapped, List.of()),
                new OverlaySnapshotter.Layers(remote, LayerUnpacker.NONE),
                new ChainCheck(remote, checks)));
  }

  @AfterEach
  void close() throws Exception {
    checks.close();
    if (store != null) {
      mapped.endAll();
      store.close();
      store.close(); // twice is once
    }
  }

  /** Runs {@code script} in a snapshot's root file system. */
  private String in(List<Mount> mounts, String script) throws Exception {
    assertEquals(1, mounts.size());
    Mount mount = mounts.getFirst();
    // As containerd does where the options wouldn't fit: from the directory that all share.
    String shared = sharedDirectory(mount);
    String options = String.join(",", mount.options()).replace(shared, "");
    assertTrue(options.length() < MAX_OPTIONS, options.length() + " bytes of options");
    String call =
        mount.type().equals("bind")
            ? "mount --bind -o " + options + " " + mount.source() + " " + rootfs
            : "mount -t " + mount.type() + " -o " + options + " " + mount.source() + " " + rootfs;
    run(Path.of(shared), call);
    try {
      return run(rootfs, "set -e; umask 022\n" + script);
    } finally {
      run(Path.of(shared), "umount " + rootfs);
    }
  }

  private String sharedDirectory(Mount mount) throws IOException {
    Path snapshotter = root.toRealPath().resolve("snapshotter");
    String mapped = snapshotter.resolve("mapped") + "/";
    return mount.options().stream()
        .filter(option -> option.startsWith("lowerdir=" + mapped))
        .map(option ->
            option.substring("lowerdir=".length(), option.indexOf('/', mapped.length() + 9) + 1))
        .findFirst()
        .orElse(snapshotter.resolve("snapshots") + "/");
  }

  private static String run(Path directory, String script) throws Exception {
    Process process =
        new ProcessBuilder("sh", "-c", script)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), script + "\n" + out);
    return out;
  }

  private void layer(String name, String parent, String script) throws Exception {
    in(snapshotter.prepare(name + "-key", parent, NONE), script);
    snapshotter.commit(name, name + "-key", NONE);
  }

  private String seen(String parent, String script) throws Exception {
    String key = "view of " + parent;
    String out = in(snapshotter.view(key, parent, NONE), script);
    snapshotter.remove(key);
    return out;
  }

  @Test
  void layersAddUp() throws Exception {
    layer("one", "", "echo 1 >a; mkdir d; echo 1 >d/x; chmod 640 a");
    layer("two", "one", "echo 2 >b; echo 2 >>a; rm d/x; echo 2 >d/y");
    layer("three", "two", "mv b c; rm -r d; mkdir d; echo 3 >d/z");
    assertEquals("1\n2\n2\n3\n", seen("three", "cat a c d/z"));
    assertEquals("a\nc\nd\nd/z\n", seen("three", "find . -mindepth 1 | cut -c3- | sort"));
    assertEquals("640\n", seen("three", "stat -c %a a"));
    assertEquals("1\n", seen("one", "cat d/x"));
  }

  @Test
  void whatIsWrittenIsNoOneElses() throws Exception {
    layer("base", "", "echo base >file");
    List<Mount> first = snapshotter.prepare("first", "base", NONE);
    List<Mount> second = snapshotter.prepare("second", "base", NONE);
    in(first, "echo first >file");
    assertEquals("base\n", in(second, "cat file"));
    assertEquals("first\n", in(snapshotter.mounts("first"), "cat file"));
    assertEquals("base\n", seen("base", "cat file"));
  }

  @Test
  void aViewCannotBeWritten() throws Exception {
    layer("one", "", "echo 1 >a");
    layer("two", "one", "echo 2 >b");
    for (String parent : List.of("one", "two")) {
      assertEquals("refused\n", seen(parent, "touch new 2>/dev/null || echo refused"));
    }
  }

  @Test
  void aFileMovedAcrossDirectoriesIsMoved() throws Exception {
    layer("one", "", "mkdir from to; echo x >from/file; echo y >from/other");
    layer("two", "one", "mv from/file to/file; echo more >>from/other");
    assertEquals("x\ny\nmore\n", seen("two", "cat to/file from/other"));
    layer("three", "two", "rm to/file");
    assertEquals("", seen("three", "ls to"));
    layer("four", "three", "echo again >to/file");
    assertEquals("again\n", seen("four", "cat to/file"));
  }

  @Test
  void aDirectoryMadeAnewShowsNothingOfTheOldOne() throws Exception {
    layer("one", "", "mkdir -p d/sub; echo 1 >d/sub/x; echo 1 >d/y");
    layer("two", "one", "rm -r d");
    layer("three", "two", "mkdir d; echo 3 >d/new");
    assertEquals("new\n", seen("three", "ls d"));
    layer("four", "one", "rm -r d; mkdir d; echo 4 >d/y");
    assertEquals("y\n4\n", seen("four", "ls d; cat d/y"));
  }

  @Test
  void ownersAndPermissionsAreKept() throws Exception {
    layer("one", "", "mkdir d; echo x >d/f; chown 1:2 d/f; chown 3:4 d; chmod 1777 d");
    layer("two", "one", "chown 5:6 d/f; chmod 600 d/f");
    assertEquals("5 6 600\n3 4 1777\n", seen("two", "stat -c '%u %g %a' d/f d"));
    assertEquals("1 2 644\n", seen("one", "stat -c '%u %g %a' d/f"));
  }

  @Test
  void theRootDirectoryIsALayersOwn() throws Exception {
    assertEquals("755\n", in(snapshotter.prepare("empty", "", NONE), "stat -c %a ."));
    layer("one", "", "chmod 700 .; chown 11:12 .; echo x >f");
    assertEquals("11:12 700\n", seen("one", "stat -c '%u:%g %a' ."));
    in(snapshotter.prepare("a", "one", NONE), "chmod 711 .");
    snapshotter.commit("two", "a", NONE);
    assertEquals("11:12 711\n", seen("two", "stat -c '%u:%g %a' ."));
  }

  @Test
  void aContainerInAUserNamespaceSeesItsOwnOwners() throws Exception {
    layer("one", "", "echo x >f; chown 1:2 f; echo y >stranger; chown 70000 stranger");
    layer("two", "one", "echo z >g; mkdir d; chown 3:4 d");
    List<Mount> mounts = snapshotter.prepare("container", "two", MAPPED);
    assertEquals(
        "100000 200000\n100001 200002\n100000 200000\n100003 200004\n65534 200000\n",
        in(mounts, "stat -c '%u %g' . f g d stranger"));
    in(snapshotter.mounts("container"), "echo more >>f; chown 100009 g");
    assertEquals(
        "x\nmore\n100001 200002\n100009 200000\n",
        in(snapshotter.mounts("container"), "cat f; stat -c '%u %g' f g"));
    assertEquals("1 2\n0 0\n", seen("two", "stat -c '%u %g' f g"));
    assertEquals(
        "100001 200002\n100003 200004\n",
        in(snapshotter.view("seen", "two", MAPPED), "stat -c '%u %g' f d"));
    assertEquals(
        "100001 200002\n", in(snapshotter.view("alone", "one", MAPPED), "stat -c '%u %g' f"));
    assertEquals(
        "100000 200000\n", in(snapshotter.prepare("empty", "", MAPPED), "stat -c '%u %g' ."));
  }

  @Test
  void mappedLayersGoWithTheirContainer() throws Exception {
    layer("one", "", "echo x >f");
    snapshotter.prepare("container", "one", MAPPED);
    snapshotter.view("seen", "one", MAPPED);
    assertEquals(2, mounted().size());
    mapped.endAll(); // as a daemon does that is started
    assertEquals(List.of(), mounted());
    assertEquals("x\n", in(snapshotter.mounts("container"), "cat f"));
    assertEquals(1, mounted().size());
    snapshotter.remove("container");
    snapshotter.remove("seen");
    snapshotter.cleanup();
    assertEquals(List.of(), mounted());
    assertEquals("x\n", seen("one", "cat f"));
    assertEquals(
        0, Objects.requireNonNull(root.resolve("snapshotter/mapped").toFile().list()).length);
  }

  private List<MountTable.Entry> mounted() throws IOException {
    return MountTable.read().below(root.toRealPath().resolve("snapshotter"));
  }

  @Test
  void mapsThatAreNoMapsAreRefused() throws Exception {
    layer("one", "", "echo x >f");
    for (String bad : List.of("", "0:1", "0:1:0", "a:b:c", "0:1:4294967295", "0:1:5,3:9:5")) {
      Map<String, String> labels = Map.of(IdLabels.UIDS, bad, IdLabels.GIDS, "0:200000:65536");
      assertThrows(
          SnapshotException.InvalidArgument.class,
          () -> snapshotter.prepare("container", "one", labels));
    }
    assertThrows(SnapshotException.NotFound.class, () -> snapshotter.stat("container"));
  }

  @Test
  void aFileOfALowerLayerIsSyncedAndMapped() throws Exception {
    layer("one", "", "echo lower >f");
    layer("two", "one", "echo upper >g");
    assertEquals("lower\n", in(snapshotter.prepare("a", "two", NONE), "sync f; cat f"));
  }

  @Test
  void aHundredAndTwentyEightLayersAreOneMount() throws Exception {
    String parent = "";
    for (int i = 0; i < MANY_LAYERS; i++) {
      String key = "key" + i;
      Path fs = fs(snapshotter.prepare(key, parent, NONE));
      Files.writeString(fs.resolve("file" + i), "x");
      Files.writeString(fs.resolve("last"), Integer.toString(i));
      snapshotter.commit("layer" + i, key, NONE);
      parent = "layer" + i;
    }
    List<Mount> mounts = snapshotter.prepare("container", parent, NONE);
    assertEquals(
        (MANY_LAYERS + 1) + "\n" + (MANY_LAYERS - 1),
        in(mounts, "ls | wc -l; cat last; echo written >new"));
    assertEquals(
        "100000\n",
        in(snapshotter.prepare("mapped", parent, MAPPED), "stat -c %u last; echo written >new"));
  }

  private static Path fs(List<Mount> mounts) {
    Mount mount = mounts.getFirst();
    return Path.of(
        mount.options().stream()
            .filter(option -> option.startsWith("upperdir="))
            .map(option -> option.substring("upperdir=".length()))
            .findFirst()
            .orElse(mount.source()));
  }

  @Test
  void aLayerInTheMiddleStaysUntilItsChildrenAreGone() throws Exception {
    layer("one", "", "echo 1 >a");
    layer("two", "one", "echo 2 >b");
    snapshotter.prepare("container", "two", NONE);
    assertThrows(SnapshotException.FailedPrecondition.class, () -> snapshotter.remove("one"));
    assertThrows(SnapshotException.FailedPrecondition.class, () -> snapshotter.remove("two"));
    snapshotter.remove("container");
    snapshotter.remove("two");
    snapshotter.remove("one");
    snapshotter.cleanup();
    assertEquals(List.of(), directories());
  }

  @Test
  void whatWasPreparedAndNeverCommittedIsRemovedWhole() throws Exception {
    layer("one", "", "echo 1 >a");
    in(snapshotter.prepare("a", "one", NONE), "mkdir -p deep/er; echo x >deep/er/f; rm a");
    snapshotter.remove("a");
    snapshotter.cleanup();
    assertEquals(List.of("1"), directories());
    assertThrows(SnapshotException.NotFound.class, () -> snapshotter.mounts("a"));
    assertEquals("1\n", seen("one", "cat a"));
  }

  private List<String> directories() throws IOException {
    try (Stream<Path> files = Files.list(root.resolve("snapshotter/snapshots"))) {
      return files.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void usageCountsWhatALayerAddsOnly() throws Exception {
    layer("one", "", "head -c 1000000 /dev/zero >big");
    layer("two", "one", "echo small >small");
    assertTrue(snapshotter.usage("one").size() >= 1_000_000);
    assertTrue(snapshotter.usage("two").size() < 100_000);
    snapshotter.prepare("a", "two", NONE);
    long before = snapshotter.usage("a").size();
    in(snapshotter.mounts("a"), "head -c 500000 /dev/zero >more");
    assertTrue(snapshotter.usage("a").size() >= before + 500_000);
  }

  @Test
  void namesOfAnyFormAreNames() throws Exception {
    TreeSet<String> names = new TreeSet<>();
    for (String name :
        List.of(
            "default/1/extract-123 sha256:ab",
            "../../../etc/passwd",
            "/absolute/",
            "a b\tc\nd",
            "Grüße",
            "'; DROP TABLE snapshots; --",
            "n".repeat(4096))) {
      snapshotter.prepare("key of " + name, "", Map.of("label/" + name, name));
      snapshotter.commit(name, "key of " + name, Map.of("label/" + name, name));
      names.add(name);
    }
    TreeSet<String> listed = new TreeSet<>();
    for (SnapshotInfo info : snapshotter.list(SnapshotFilter.ALL)) {
      listed.add(info.name());
      assertEquals(info, snapshotter.stat(info.name()));
      assertEquals(info.name(), info.labels().get("label/" + info.name()));
    }
    assertEquals(names, listed);
    for (String name : names) {
      snapshotter.prepare("child of " + name, name, NONE);
      assertEquals(name, snapshotter.stat("child of " + name).parent());
      snapshotter.remove("child of " + name);
      snapshotter.remove(name);
    }
    snapshotter.cleanup();
    assertEquals(List.of(), directories());
    assertFalse(Files.exists(folder.resolve("etc")));
  }
}
