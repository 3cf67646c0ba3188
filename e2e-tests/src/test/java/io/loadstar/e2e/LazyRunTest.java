package io.loadstar.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.rig.AccessLog.Traffic;
import io.loadstar.rig.Ctr;
import io.loadstar.rig.Finished;
import io.loadstar.rig.MountTable;
import io.loadstar.rig.PrivateNode;
import io.loadstar.rig.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A converted image runs out of the registry, and is an ordinary image in every other way. */
class LazyRunTest {

  /** What runs before it has arrived is told by what was fetched, however slow the machine is. */
  @RegisterExtension
  static final NodeExtension NODE = new NodeExtension("no_background_fetch = true\n");

  @RegisterExtension static final SharedImages SHARED = new SharedImages();

  private static final String GREETING = "started before it has arrived\n";

  private static SampleImage image;

  @BeforeAll
  static void push() throws Exception {
    image = SHARED.sample(NODE.node(), "sample");
  }

  @Test
  void aConvertedImageRunsBeforeItHasArrived() throws Exception {
    PrivateNode node = NODE.node();
    Ctr ctr = node.ctr().in("runs");
    long mark = node.registry().accessLog().mark();

    node.pullLazily(ctr, image.lazy());
    Finished run = ctr.run(PrivateNode.SNAPSHOTTER, image.lazy(), "runs").run();

    Traffic traffic = node.registry().accessLog().since(mark);
    assertEquals(GREETING, run.succeeded().out());
    assertTrue(traffic.ranged() > 0, () -> "no 206 among " + traffic.requests());
    assertTrue(
        traffic.fetchedBytes() < image.bytes() / 2,
        () -> traffic.fetchedBytes() + " bytes fetched of " + image.bytes());
    assertTrue(lazyMounts() > 0, "nothing is mounted lazily");
  }

  @Test
  void aContainerCreatesChangesRenamesAndDeletesOverIt() throws Exception {
    PrivateNode node = NODE.node();
    Ctr ctr = node.ctr().in("writes");
    node.pullLazily(ctr, image.lazy());
    String script =
        """
        set -e
        cd /data
        echo new >created
        echo after >>changed
        rm deleted
        mv renamed other
        chmod 600 greeting
        mkdir empty
        mv below moved
        rm moved/deeper/file
        echo again >deleted
        cat created changed other deleted
        ls -A . moved moved/deeper
        stat -c %a greeting
        """;

    Finished run =
        ctr.run(PrivateNode.SNAPSHOTTER, image.lazy(), "writes", "sh", "-c", script).run();

    assertEquals(
        """
        new
        before
        after
        same
        again
        .:
        changed
        created
        deleted
        empty
        greeting
        moved
        other

        moved:
        deeper

        moved/deeper:
        600
        """,
        run.succeeded().out());
  }

  @Test
  void whatOneContainerWritesTheNextDoesNotSee() throws Exception {
    PrivateNode node = NODE.node();
    Ctr ctr = node.ctr().in("fresh");
    node.pullLazily(ctr, image.lazy());
    ctr.run(PrivateNode.SNAPSHOTTER, image.lazy(), "first", "rm", "/data/greeting").output();

    assertEquals(GREETING, ctr.run(PrivateNode.SNAPSHOTTER, image.lazy(), "second").output());
  }

  @Test
  void whatIsWrittenOverItIsCommittedAndIsALayerOfItsOwn() throws Exception {
    PrivateNode node = NODE.node();
    Ctr ctr = node.ctr().in("commits");
    node.pullLazily(ctr, image.lazy());
    Path mounted = Files.createDirectory(node.scratch().resolve("work"));
    ctr.mountActive(PrivateNode.SNAPSHOTTER, "work", mounted);
    Files.writeString(mounted.resolve("data/created"), "new\n");
    Files.delete(mounted.resolve("data/deleted"));
    Program.of("umount", mounted.toString()).output();

    Program diff = ctr.snapshots(PrivateNode.SNAPSHOTTER, "diff", "work");
    assertEquals(
        "data/\ndata/.wh.deleted\ndata/created\n",
        Program.shell(String.join(" ", diff.words()) + " | tar --list --gzip | LC_ALL=C sort")
            .output());
    ctr.snapshots(PrivateNode.SNAPSHOTTER, "commit", "committed", "work").output();

    ctr.mount(PrivateNode.SNAPSHOTTER, mounted);
    assertEquals("new\n", Files.readString(mounted.resolve("data/created")));
    assertEquals(GREETING, Files.readString(mounted.resolve("data/greeting")));
    assertFalse(Files.exists(mounted.resolve("data/deleted")));
    ctr.unmount(PrivateNode.SNAPSHOTTER, mounted);
  }

  @Test
  void anImageRemovedFromOneNamespaceGoesOnInTheOther() throws Exception {
    PrivateNode node = NODE.node();
    Ctr one = node.ctr().in("one");
    Ctr other = node.ctr().in("other");
    node.pullLazily(one, image.lazy());
    node.pullLazily(other, image.lazy());
    one.run(PrivateNode.SNAPSHOTTER, image.lazy(), "in-one").output();

    one.remove(image.lazy());

    assertEquals(
        "",
        one.snapshots(PrivateNode.SNAPSHOTTER, "ls")
            .output()
            .lines()
            .skip(1)
            .findFirst()
            .orElse(""));
    assertEquals(GREETING, other.run(PrivateNode.SNAPSHOTTER, image.lazy(), "in-other").output());
  }

  @Test
  void aPlainPullMakesOrdinarySnapshots() throws Exception {
    PrivateNode node = NODE.node();
    Ctr ctr = node.ctr().in("plain");

    ctr.pull(PrivateNode.SNAPSHOTTER, image.ordinary());

    assertEquals(GREETING, ctr.run(PrivateNode.SNAPSHOTTER, image.ordinary(), "plain").output());
  }

  @Test
  void aConvertedImageRunsUnderPlainOverlayfs() throws Exception {
    PrivateNode node = NODE.node();
    Ctr ctr = node.ctr().in("overlay");

    ctr.pull("overlayfs", image.lazy());

    assertEquals(GREETING, ctr.run("overlayfs", image.lazy(), "overlay").output());
  }

  @Test
  void anImageThatIsNotConvertedIsPulledOrdinarily() throws Exception {
    PrivateNode node = NODE.node();
    Ctr ctr = node.ctr().in("fallback");

    node.pullLazily(ctr, image.ordinary());

    assertEquals(GREETING, ctr.run(PrivateNode.SNAPSHOTTER, image.ordinary(), "fallback").output());
    String digest = image.layout().layers(SampleImage.TAG).getFirst().digest().toString();
    assertTrue(
        node.snapshotterLog().lines().anyMatch(line -> line.contains(digest)),
        () -> "the log doesn't say why " + digest + " isn't lazy");
  }

  @Test
  void aCompletePullCanBeExportedAndALazyOneSaysHow() throws Exception {
    PrivateNode node = NODE.node();
    Ctr ctr = node.ctr().in("complete");
    node.pullLazily(ctr, image.lazy());
    String archive = node.scratch().resolve("exported.tar").toString();
    String[] copy = {
      "copy",
      "--address",
      node.containerdSocket().toString(),
      "--namespace",
      "complete",
      "containerd:" + image.lazy(),
      "oci:" + node.scratch().resolve("copied") + ":v1"
    };
    Finished lazy = node.loadstar(copy).run();
    assertEquals(1, lazy.status());
    assertTrue(lazy.err().contains("loadstar pull --complete " + image.lazy()), lazy.err());
    Finished export = ctr.call("images", "export", archive, image.lazy()).run();
    assertFalse(export.status() == 0, "exported without its layers");

    node.loadstar(
            "pull",
            "--complete",
            "--address",
            node.containerdSocket().toString(),
            "--namespace",
            "complete",
            "--snapshotter",
            PrivateNode.SNAPSHOTTER,
            image.lazy())
        .output();

    ctr.call("images", "export", archive, image.lazy()).output();
    assertTrue(Files.size(Path.of(archive)) > image.bytes() / 2);
    String pushed = node.registry().reference("complete", "again");
    ctr.call("images", "push", "--plain-http", pushed, image.lazy()).output();
    assertEquals(0, node.loadstar(copy).run().status());
    assertEquals(GREETING, ctr.run(PrivateNode.SNAPSHOTTER, image.lazy(), "complete").output());
  }

  @Test
  void thePullThatTheSnapshotterDoesIsTheOneThatTheCommandWouldDo() throws Exception {
    PrivateNode node = NODE.node();

    Finished served = pull(node, "served", node.snapshotterSocket().toString());
    Finished own = pull(node, "own", "none");

    assertEquals(own.succeeded().err(), served.succeeded().err());
    assertEquals(withoutTime(own.out()), withoutTime(served.out()));
    List<String> pulls =
        node.snapshotterLog()
            .lines()
            .filter(line -> line.contains("pulled for a command"))
            .filter(line -> line.contains("served") || line.contains("own"))
            .toList();
    assertEquals(1, pulls.size(), pulls::toString);
    assertTrue(pulls.getFirst().contains("served"), pulls::toString);
    Ctr ctr = node.ctr().in("served");
    assertEquals(GREETING, ctr.run(PrivateNode.SNAPSHOTTER, image.lazy(), "served").output());
  }

  private static Finished pull(PrivateNode node, String namespace, String daemon) throws Exception {
    return node.loadstar(
            "pull",
            "--json",
            "--address",
            node.containerdSocket().toString(),
            "--daemon",
            daemon,
            "--namespace",
            namespace,
            image.lazy())
        .run();
  }

  private static String withoutTime(String document) {
    return document.replaceAll("\"milliseconds\" : \\d+", "");
  }

  @Test
  void aRepeatedPullFetchesNothingButTheManifest() throws Exception {
    PrivateNode node = NODE.node();
    Ctr ctr = node.ctr().in("again");
    node.pullLazily(ctr, image.lazy());
    ctr.run(PrivateNode.SNAPSHOTTER, image.lazy(), "again").output();
    long mark = node.registry().accessLog().mark();

    node.pullLazily(ctr, image.lazy());

    Traffic traffic = node.registry().accessLog().since(mark);
    assertFalse(
        traffic.requests().stream().anyMatch(request -> request.status() == 206),
        () -> "fetched again: " + traffic.requests());
  }

  private static long lazyMounts() throws Exception {
    return MountTable.below(NODE.node().snapshotterRoot()).stream()
        .filter(row -> row.type().startsWith("fuse"))
        .count();
  }
}
