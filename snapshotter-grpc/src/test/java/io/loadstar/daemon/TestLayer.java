package io.loadstar.daemon;

import io.loadstar.blob.Digest;
import io.loadstar.build.BuildOptions;
import io.loadstar.build.BuiltLayer;
import io.loadstar.build.LayerBuilder;
import io.loadstar.registry.fake.FakeRegistry;
import io.loadstar.snapshot.SnapshotLabel;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;

/**
 * A layer with a bit of everything, in a registry.
 *
 * @param tree the files that it was made of
 * @param built the layer
 */
record TestLayer(Path tree, BuiltLayer built) {

  private static final int CHUNK = 64 << 10;

  /** Makes a layer whose content depends on {@code name}, and puts it into {@code registry}. */
  static TestLayer make(Path folder, String name, FakeRegistry registry, BuildOptions options)
      throws Exception {
    Path tree = Files.createDirectories(folder.resolve(name + "-tree"));
    Random random = new Random(name.hashCode());
    byte[] large = new byte[500_000];
    random.nextBytes(large);
    Files.write(tree.resolve("large"), large);
    Files.writeString(tree.resolve("small"), "content of " + name + "\n");
    Files.createFile(tree.resolve("empty"));
    Files.createDirectories(tree.resolve("usr/lib"));
    Files.writeString(tree.resolve("usr/lib/deep"), name.repeat(50_000));
    Files.createLink(tree.resolve("usr/hard"), tree.resolve("small"));
    Files.createSymbolicLink(tree.resolve("link"), Path.of("usr/lib/deep"));
    Files.setAttribute(tree.resolve("large"), "unix:mode", 04751);
    Files.setAttribute(tree.resolve("usr"), "unix:uid", 1234);
    Files.setAttribute(tree, "unix:gid", 77);
    return of(tree, registry, options);
  }

  /** Makes a layer of a tree, and puts it into {@code registry}. */
  static TestLayer of(Path tree, FakeRegistry registry, BuildOptions options) throws Exception {
    Process tar =
        new ProcessBuilder("tar", "--numeric-owner", "-C", tree.toString(), "-c", ".")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (InputStream stream = tar.getInputStream();
        LayerBuilder builder = new LayerBuilder(2)) {
      BuiltLayer built =
          builder.build(
              stream,
              tree.resolveSibling(tree.getFileName() + ".esgz"),
              options.withChunkSize(CHUNK));
      registry.add(Files.readAllBytes(built.file()));
      return new TestLayer(tree, built);
    }
  }

  /** What CRI puts on its Prepare. */
  Map<String, String> labels(String image, TestLayer... neighbours) {
    Map<String, String> labels = new HashMap<>();
    labels.put(SnapshotLabel.REF, ref());
    labels.put("containerd.io/snapshot/cri.image-ref", image);
    labels.put("containerd.io/snapshot/cri.layer-digest", built.digest().toString());
    labels.put(
        "containerd.io/snapshot/cri.image-layers",
        List.of(neighbours).stream()
            .map(layer -> layer.built().digest().toString())
            .collect(Collectors.joining(",")));
    labels.put(SnapshotLabel.TOC_DIGEST, built.tocDigest().toString());
    return labels;
  }

  /** What stands for the chain ID. */
  String ref() {
    return built.diffId().toString();
  }

  /** The labels with another value for one. */
  static Map<String, String> with(Map<String, String> labels, String name, String value) {
    Map<String, String> changed = new HashMap<>(labels);
    changed.put(name, value);
    return changed;
  }

  /** A digest that nothing has. */
  static Digest wrongDigest() {
    return new Digest("0".repeat(64));
  }
}
