package io.loadstar.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.rig.Ctr;
import io.loadstar.rig.ImageLayout;
import io.loadstar.rig.PrivateNode;
import io.loadstar.rig.Program;
import io.loadstar.rig.TreeListing;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is read through a lazy mount is what was packed, in every byte and attribute. */
class TreeTest {

  @RegisterExtension static final NodeExtension NODE = new NodeExtension("");

  @RegisterExtension static final SharedImages SHARED = new SharedImages();

  private static Path trees;
  private static SampleImage single;
  private static SampleImage stacked;
  private static List<ImageLayout.Layer> layers;

  @BeforeAll
  static void push() throws Exception {
    PrivateNode node = NODE.node();
    trees = Files.createTempDirectory(node.scratch(), "trees.");
    stacked = SHARED.stacked(node, "stacked");
    layers = stacked.layout().layers(SampleImage.TAG);
    ImageLayout one = ImageLayout.create(trees.resolve("one"));
    ImageLayout.Layer lower = one.adopt(stacked.layout(), layers.getFirst());
    one.image(SampleImage.TAG, List.of(lower), List.of("none"));
    single = SampleImage.pushed(node, "single", one);
  }

  @Test
  void everyFileReadLazilyEqualsTheSource() throws Exception {
    TreeListing source = TreeListing.of(SHARED.lowerTree());
    Ctr ctr = NODE.node().ctr().in("single");
    NODE.node().pullLazily(ctr, single.lazy());

    assertEquals(List.of(), source.differences(listing(ctr, PrivateNode.SNAPSHOTTER)));
  }

  @Test
  void aStackReadLazilyEqualsOverlayfsOwnUnpacking() throws Exception {
    Ctr ordinary = NODE.node().ctr().in("stacked-ordinary");
    ordinary.pull("overlayfs", stacked.ordinary());
    TreeListing expected = listing(ordinary, "overlayfs").withRootModifiedAt(0);
    Ctr lazily = NODE.node().ctr().in("stacked-lazy");
    NODE.node().pullLazily(lazily, stacked.lazy());

    TreeListing seen = listing(lazily, PrivateNode.SNAPSHOTTER).withRootModifiedAt(0);

    assertEquals(List.of(), expected.differences(seen));
    assertFalse(seen.entries().containsKey("removed"), "a whiteout hides nothing");
    assertFalse(
        seen.entries().containsKey("opaque/old"), "an opaque directory shows what is below");
    assertTrue(seen.entries().containsKey("opaque/new"), "an opaque directory hides its own");
  }

  @Test
  void ordinaryLayersThatTheSnapshotterUnpacksEqualOverlayfsOwnUnpacking() throws Exception {
    PrivateNode node = NODE.node();
    Files.writeString(Files.createDirectory(trees.resolve("top")).resolve("top"), "lazy\n");
    ImageLayout four = ImageLayout.create(trees.resolve("four"));
    Path middle = SHARED.lowerTree().resolveSibling("middle");
    List<ImageLayout.Layer> all =
        List.of(
            four.adopt(stacked.layout(), layers.get(0)),
            four.packPlain(middle),
            four.adopt(stacked.layout(), layers.get(2)),
            four.pack(trees.resolve("top")));
    four.image(SampleImage.TAG, all, List.of("none"));
    String plain = SampleImage.push(node, "four", four, SampleImage.TAG);
    Path converted = trees.resolve("four-converted");
    node.convert(plain, "oci:" + converted + ":" + SampleImage.CONVERTED);
    ImageLayout lazy = new ImageLayout(converted);
    ImageLayout mixed = ImageLayout.create(trees.resolve("mixed"));
    mixed.image(
        "mixed",
        List.of(
            mixed.adopt(four, all.get(0)),
            mixed.adopt(four, all.get(1)),
            mixed.adopt(four, all.get(2)),
            mixed.adopt(lazy, lazy.layers(SampleImage.CONVERTED).get(3))),
        List.of("none"));
    String reference = SampleImage.push(node, "mixed", mixed, "mixed");
    Ctr ordinary = node.ctr().in("four-ordinary");
    ordinary.pull("overlayfs", plain);
    TreeListing expected = listing(ordinary, "overlayfs").withRootModifiedAt(0);
    Ctr lazily = node.ctr().in("four-mixed");
    node.pullLazily(lazily, reference);

    TreeListing seen = listing(lazily, PrivateNode.SNAPSHOTTER).withRootModifiedAt(0);

    assertEquals(List.of(), expected.differences(seen));
    assertEquals(
        3,
        node.snapshotterLog()
            .lines()
            .filter(line -> line.contains("\"how\":\"unpacked\""))
            .count());
  }

  @Test
  void aConvertedLayerIsAGzippedTarOfTheSame() throws Exception {
    Path layout = trees.resolve("converted");
    NODE.node().copy(single.lazy(), "oci:" + layout + ":" + SampleImage.CONVERTED);
    ImageLayout converted = new ImageLayout(layout);

    for (ImageLayout.Layer layer : converted.layers(SampleImage.CONVERTED)) {
      Path blob = converted.blob(layer.digest());
      Program.shell("gzip -t <'%s'".formatted(blob)).output();
      Program.shell("tar --gzip --list --file='%s' >/dev/null".formatted(blob)).output();
      String sum = Program.shell("gzip -dc <'%s' | sha256sum".formatted(blob)).output();
      assertEquals(layer.diffId().hex(), sum.substring(0, 64));
    }
  }

  @Test
  void aConvertedImageUnpacksUnderOverlayfsToTheSame() throws Exception {
    Ctr ordinary = NODE.node().ctr().in("unpacked-ordinary");
    ordinary.pull("overlayfs", stacked.ordinary());
    Ctr converted = NODE.node().ctr().in("unpacked-converted");
    converted.pull("overlayfs", stacked.lazy());

    TreeListing expected = listing(ordinary, "overlayfs").withRootModifiedAt(0);
    TreeListing seen = listing(converted, "overlayfs").withRootModifiedAt(0);

    List<String> differences =
        expected.differences(seen).stream().filter(line -> !SourceTrees.isFormatOwn(line)).toList();
    assertEquals(List.of(), differences);
  }

  private static TreeListing listing(Ctr ctr, String snapshotter) throws Exception {
    Path target = Files.createTempDirectory(trees, "mounted.");
    ctr.mount(snapshotter, target);
    try {
      return TreeListing.of(target);
    } finally {
      ctr.unmount(snapshotter, target);
    }
  }
}
