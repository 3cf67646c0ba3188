package io.loadstar.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.rig.Ctr;
import io.loadstar.rig.ImageLayout;
import io.loadstar.rig.MountTable;
import io.loadstar.rig.Prerequisites;
import io.loadstar.rig.PrivateNode;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Images that weren't made here, or only in part. */
class MixedImageTest {

  /** Otherwise a container that starts slowly has the whole image fetched meanwhile. */
  @RegisterExtension
  static final NodeExtension NODE = new NodeExtension("no_background_fetch = true\n");

  @RegisterExtension static final SharedImages SHARED = new SharedImages();

  private static SampleImage image;

  @BeforeAll
  static void push() throws Exception {
    image = SHARED.sample(NODE.node(), "sample");
  }

  @Test
  void anOrdinaryLayerDoesNotEndLaziness() throws Exception {
    PrivateNode node = NODE.node();
    Path directory = node.scratch().resolve("mixed");
    node.copy(image.lazy(), "oci:" + directory + "-converted:" + SampleImage.CONVERTED);
    ImageLayout converted = new ImageLayout(Path.of(directory + "-converted"));
    List<ImageLayout.Layer> lazy = converted.layers(SampleImage.CONVERTED);
    ImageLayout mixed = ImageLayout.create(directory);
    ImageLayout.Layer ordinary = image.layout().layers(SampleImage.TAG).getFirst();
    mixed.image(
        "mixed",
        List.of(
            mixed.adopt(image.layout(), ordinary),
            mixed.adopt(converted, lazy.get(1)),
            mixed.adopt(converted, lazy.get(2))),
        List.of("cat", "/data/greeting"));
    String reference = SampleImage.push(node, "mixed", mixed, "mixed");
    Ctr ctr = node.ctr().in("mixed");
    long mountsBefore = lazyMounts(node);
    long mark = node.registry().accessLog().mark();

    node.pullLazily(ctr, reference);

    assertEquals(
        "started before it has arrived\n",
        ctr.run(PrivateNode.SNAPSHOTTER, reference, "mixed").output());
    assertEquals(2, lazyMounts(node) - mountsBefore, "lazy layers of three");
    long fetched = node.registry().accessLog().since(mark).fetchedBytes();
    long whole = lazy.get(1).size() + lazy.get(2).size();
    assertTrue(
        fetched < ordinary.size() + whole / 4,
        () -> "%d bytes fetched, %d of them ordinary".formatted(fetched, ordinary.size()));
    why(node, reference, ordinary, reference);
    ctr.call("containers", "create", "--snapshotter", PrivateNode.SNAPSHOTTER, reference, "held")
        .output();
    why(node, reference, ordinary, "held");
    ctr.call("containers", "rm", "held").output();
    assertTrue(
        node.snapshotterLog().lines().anyMatch(line -> line.contains(ordinary.digest().hex())),
        "the log doesn't name the layer that isn't lazy");
  }

  /** What {@code loadstar why} says, of the image or of a container on it. */
  private static void why(
      PrivateNode node, String reference, ImageLayout.Layer ordinary, String subject)
      throws Exception {
    List<String> lines =
        node.loadstar(
                "why",
                "--address",
                node.containerdSocket().toString(),
                "--namespace",
                "mixed",
                "--snapshotter",
                PrivateNode.SNAPSHOTTER,
                subject)
            .output()
            .lines()
            .toList();
    assertEquals(5, lines.size(), reference + lines);
    assertTrue(lines.getFirst().contains("2 of 3 layers lazy"), lines.toString());
    assertTrue(
        lines.get(2).startsWith(ordinary.digest().hex().substring(0, 12) + "  unpacked"),
        lines.toString());
    assertTrue(lines.get(2).contains("no TOC digest"), lines.toString());
    assertTrue(lines.getLast().endsWith("lazy"), lines.toString());
  }

  @Test
  void anImageConvertedByThePeerRunsLazily() throws Exception {
    Assumptions.assumeTrue(
        Prerequisites.isInstalled("ctr-remote"),
        "skipped: needs the program ctr-remote (package stargz-snapshotter)");
    PrivateNode node = NODE.node();
    Ctr peer = node.ctr().in("peer");
    peer.pull("overlayfs", image.ordinary());
    String reference = node.registry().reference("peer", "esgz");
    peer.callRemote("images", "convert", "--estargz", "--oci", image.ordinary(), reference)
        .output();
    peer.call("images", "push", "--plain-http", reference).output();
    Ctr ctr = node.ctr().in("peer-lazy");
    long mountsBefore = lazyMounts(node);
    long mark = node.registry().accessLog().mark();

    node.pullLazily(ctr, reference);

    assertEquals(
        "started before it has arrived\n",
        ctr.run(PrivateNode.SNAPSHOTTER, reference, "peer").output());
    assertEquals(3, lazyMounts(node) - mountsBefore, "lazy layers of three");
    assertTrue(node.registry().accessLog().since(mark).fetchedBytes() < image.bytes() / 2);
  }

  private static long lazyMounts(PrivateNode node) throws Exception {
    return MountTable.below(node.snapshotterRoot()).stream()
        .filter(row -> row.type().startsWith("fuse"))
        .count();
  }
}
