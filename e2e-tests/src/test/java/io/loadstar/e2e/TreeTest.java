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

  private static Path trees;
  private static SampleImage single;
  private static SampleImage stacked;

  @BeforeAll
  static void push() throws Exception {
    PrivateNode node = NODE.node();
    trees = Files.createTempDirectory(node.scratch(), "trees.");
    SourceTrees.lower(Files.createDirectory(trees.resolve("lower")));
    SourceTrees.middle(Files.createDirectory(trees.resolve("middle")));
    SourceTrees.upper(Files.createDirectory(trees.resolve("upper")));
    ImageLayout one = ImageLayout.create(trees.resolve("one"));
    one.image(SampleImage.TAG, List.of(one.pack(trees.resolve("lower"))), List.of("none"));
    single = SampleImage.pushed(node, "single", one);
    ImageLayout three = ImageLayout.create(trees.resolve("three"));
    List<ImageLayout.Layer> layers =
        List.of(
            three.pack(trees.resolve("lower")),
            three.pack(trees.resolve("middle")),
            three.pack(trees.resolve("upper")));
    three.image(SampleImage.TAG, layers, List.of("none"));
    stacked = SampleImage.pushed(node, "stacked", three);
  }

  @Test
  void everyFileReadLazilyEqualsTheSource() throws Exception {
    TreeListing source = TreeListing.of(trees.resolve("lower"));
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
  void aConvertedLayerIsAGzippedTarOfTheSame() throws Exception {
    Path layout = trees.resolve("converted");
    NODE.node().convert(single.ordinary(), "oci:" + layout + ":" + SampleImage.CONVERTED);
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
