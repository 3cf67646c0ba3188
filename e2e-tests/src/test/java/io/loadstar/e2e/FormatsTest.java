package io.loadstar.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.loadstar.rig.Ctr;
import io.loadstar.rig.ImageLayout;
import io.loadstar.rig.MountTable;
import io.loadstar.rig.Prerequisites;
import io.loadstar.rig.PrivateNode;
import io.loadstar.rig.Program;
import io.loadstar.rig.TreeListing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every format, read lazily and unpacked, is what was packed. */
class FormatsTest {

  @RegisterExtension static final NodeExtension NODE = new NodeExtension("");

  @RegisterExtension static final SharedImages SHARED = new SharedImages();

  private static final int LAYERS = 3;

  private static final Map<String, String> CONVERTED = new HashMap<>();

  private static Path trees;
  private static String ordinary;
  private static TreeListing expected;

  @BeforeAll
  static void push() throws Exception {
    PrivateNode node = NODE.node();
    trees = Files.createTempDirectory(node.scratch(), "trees.");
    ordinary = SHARED.stacked(node, "formats").ordinary();
    Ctr ctr = node.ctr().in("formats-ordinary");
    ctr.pull("overlayfs", ordinary);
    expected = listing(ctr, "overlayfs");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--estargz-footer=51 --min-chunk-size=1MiB",
        "--format=zstd:chunked",
        "--format=zstd:chunked --lossless --min-chunk-size=256KiB --chunk-size=128KiB",
        "--external-toc",
        "--external-toc --lossless",
      })
  void eachFormatIsReadLazilyAsItWasPacked(String options) throws Exception {
    PrivateNode node = NODE.node();
    String name = options.replaceAll("[^a-zA-Z0-9]+", "-").substring(2).toLowerCase(Locale.ROOT);
    String lazy = converted(name, options);
    Ctr ctr = node.ctr().in(name);
    long before = lazyMounts(node);

    node.pullLazily(ctr, lazy);

    assertEquals(LAYERS, lazyMounts(node) - before, () -> reasons(node));
    assertEquals(List.of(), expected.differences(listing(ctr, PrivateNode.SNAPSHOTTER)));
    // Another format may have the same DiffID, and one snapshot can't have two TOCs.
    ctr.remove(lazy);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--format=zstd:chunked",
        "--format=zstd:chunked-podman",
        "--external-toc --lossless",
      })
  void eachFormatUnpacksUnderOverlayfsToTheSame(String options) throws Exception {
    String name = "unpacked" + options.replaceAll("[^a-zA-Z0-9]+", "-").toLowerCase(Locale.ROOT);
    String image = converted(name, options);
    Ctr ctr = NODE.node().ctr().in(name);
    ctr.pull("overlayfs", image);

    List<String> differences =
        expected.differences(listing(ctr, "overlayfs")).stream()
            .filter(line -> !SourceTrees.isFormatOwn(line))
            .toList();

    assertEquals(List.of(), differences);
  }

  @Test
  void skopeoCopiesZstdChunkedAndUmociUnpacksWhatItMakesOfIt() throws Exception {
    assumeTrue(Prerequisites.isInstalled("skopeo"), "skipped: needs the program skopeo");
    assumeTrue(Prerequisites.isInstalled("umoci"), "skipped: needs the program umoci");
    Path layout = trees.resolve("zstd");
    NODE.node().convert(ordinary, "oci:" + layout + ":zstd", "--format=zstd:chunked");
    String skopeo = "cd '%s'; skopeo --insecure-policy copy -q ".formatted(trees);

    // umoci 0.4 of Debian 12 takes no zstd; skopeo takes it apart first.
    Program.shell(skopeo + "--dest-decompress oci:zstd:zstd dir:plain").output();
    Program.shell(skopeo + "dir:plain oci:gzip:gzip").output();
    Program.shell("cd '%s'; umoci unpack --image gzip:gzip bundle".formatted(trees)).output();

    Path root = trees.resolve("bundle/rootfs");
    assertEquals("back", Files.readString(root.resolve("twice")).strip());
    assertTrue(Files.exists(root.resolve("opaque/newer")));
  }

  @ParameterizedTest
  @CsvSource({"--estargz-footer=51,", "--format=zstd:chunked,--zstdchunked"})
  void thePeersToolFindsTheTocThatTheManifestNames(String option, @Nullable String theirs)
      throws Exception {
    assumeTrue(
        Prerequisites.isInstalled("ctr-remote"),
        "skipped: needs the program ctr-remote (package stargz-snapshotter)");
    PrivateNode node = NODE.node();
    Path layout = trees.resolve("peer" + option.length());
    node.convert(ordinary, "oci:" + layout + ":" + SampleImage.CONVERTED, option);
    ImageLayout converted = new ImageLayout(layout);
    Ctr ctr = node.ctr().in("peer" + option.length());
    ctr.importLayout(layout, "example.org/peer");

    for (ImageLayout.Layer layer : converted.layers(SampleImage.CONVERTED)) {
      List<String> call = new ArrayList<>(List.of("images", "get-toc-digest"));
      Optional.ofNullable(theirs).ifPresent(call::add);
      call.add(layer.digest().toString());
      assertEquals(
          layer
              .descriptor()
              .at("/annotations/containerd.io~1snapshot~1stargz~1toc.digest")
              .asText(),
          ctr.callRemote(call.toArray(String[]::new)).output().strip());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"--estargz", "--zstdchunked"})
  void whatThePeerConvertsIsVerifiedAndReadLazily(String format) throws Exception {
    assumeTrue(
        Prerequisites.isInstalled("ctr-remote"),
        "skipped: needs the program ctr-remote (package stargz-snapshotter)");
    PrivateNode node = NODE.node();
    Ctr peer = node.ctr().in("theirs" + format.substring(1));
    peer.pull("overlayfs", ordinary);
    String reference = node.registry().reference("formats", "theirs" + format.substring(1));
    peer.callRemote("images", "convert", format, "--oci", ordinary, reference).output();
    peer.call("images", "push", "--plain-http", reference).output();
    Ctr ctr = node.ctr().in("theirs-lazy" + format.substring(1));
    long before = lazyMounts(node);

    node.loadstar("verify", reference).output();
    node.pullLazily(ctr, reference);

    assertEquals(LAYERS, lazyMounts(node) - before, () -> reasons(node));
    assertEquals(List.of(), expected.differences(listing(ctr, PrivateNode.SNAPSHOTTER)));
  }

  /** The image in a format: once, whoever asks for it. */
  private static String converted(String name, String options) throws Exception {
    String made = CONVERTED.get(options);
    if (made == null) {
      made = NODE.node().registry().reference("formats", name);
      NODE.node().convert(ordinary, made, options.split(" "));
      CONVERTED.put(options, made);
    }
    return made;
  }

  private static TreeListing listing(Ctr ctr, String snapshotter) throws Exception {
    Path target = Files.createTempDirectory(trees, "mounted.");
    ctr.mount(snapshotter, target);
    try {
      return TreeListing.of(target).withRootModifiedAt(0);
    } finally {
      ctr.unmount(snapshotter, target);
    }
  }

  private static String reasons(PrivateNode node) {
    try {
      return node.snapshotterLog()
          .lines()
          .filter(line -> line.contains("\"remote-snapshot-prepared\":\"false\""))
          .collect(Collectors.joining("\n", "layers that aren't lazy:\n", "\n"));
    } catch (IOException e) {
      return "the snapshotter's log can't be read: " + e;
    }
  }

  private static long lazyMounts(PrivateNode node) throws Exception {
    return MountTable.below(node.snapshotterRoot()).stream()
        .filter(row -> row.type().startsWith("fuse"))
        .count();
  }
}
