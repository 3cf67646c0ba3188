package io.loadstar.e2e;

import io.loadstar.rig.Ctr;
import io.loadstar.rig.HostPrograms;
import io.loadstar.rig.ImageLayout;
import io.loadstar.rig.LocalRegistry;
import io.loadstar.rig.PrivateNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * An image that a container can run, in a node's registry, once as packed and once converted.
 *
 * @param ordinary the reference of the one as packed, with tar and gzip
 * @param lazy the reference of the converted one
 * @param layout where the one as packed is on disk
 * @param bytes compressed size of its layers
 */
record SampleImage(String ordinary, String lazy, ImageLayout layout, long bytes) {

  static final String TAG = "v1";
  static final String CONVERTED = "lazy";

  private static final List<String> PROGRAMS =
      List.of(
          "sh", "cat", "ls", "mv", "rm", "mkdir", "chmod", "sleep", "sha256sum", "find", "stat");
  private static final int BALLAST_FILES = 8;

  /** Of each of the files that nobody reads, usually. */
  static final int BALLAST_BYTES = 4 << 20;

  private static final long SEED = 20261120;

  /**
   * A shell with a few programs, some files to work with, and eight files that nobody reads.
   *
   * @param trees an empty directory, for the layout and what it is packed from
   * @param ballastBytes of each of the eight
   */
  static ImageLayout packed(Path trees, int ballastBytes) throws Exception {
    HostPrograms.copyTo(Files.createDirectory(trees.resolve("base")), PROGRAMS);
    ballast(Files.createDirectory(trees.resolve("ballast")), ballastBytes);
    files(Files.createDirectory(trees.resolve("files")));
    ImageLayout layout = ImageLayout.create(trees.resolve("layout"));
    List<ImageLayout.Layer> layers =
        List.of(
            layout.pack(trees.resolve("base")),
            layout.pack(trees.resolve("ballast")),
            layout.pack(trees.resolve("files")));
    layout.image(TAG, layers, List.of("cat", "/data/greeting"));
    return layout;
  }

  /**
   * A small image of which no file is in any other: whatever is read of it is fetched. Its file
   * {@code /data/owned} belongs to 1234:4321.
   *
   * @param trees an empty directory, for the layout and what it is packed from
   * @param name of the image, which is what that file holds
   */
  static ImageLayout unlikeOthers(Path trees, String name) throws Exception {
    Path base = Files.createDirectory(trees.resolve("base"));
    HostPrograms.copyTo(base, List.of("sh", "cat", "stat", "chown", "sleep"));
    Files.createDirectories(base.resolve("ballast"));
    Files.write(base.resolve("ballast/unread"), new byte[0]);
    Random random = new Random(name.hashCode());
    try (Stream<Path> files = Files.walk(base)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        byte[] own = new byte[file.endsWith("unread") ? BALLAST_BYTES : Long.BYTES];
        random.nextBytes(own);
        Files.write(file, own, StandardOpenOption.APPEND); // which no program minds
      }
    }
    Path data = Files.createDirectory(trees.resolve("data"));
    files(data);
    Files.writeString(data.resolve("data/owned"), name);
    Files.setAttribute(data.resolve("data/owned"), "unix:uid", 1234);
    Files.setAttribute(data.resolve("data/owned"), "unix:gid", 4321);
    ImageLayout layout = ImageLayout.create(trees.resolve("layout"));
    layout.image(TAG, List.of(layout.pack(base), layout.pack(data)), List.of("cat", "/data/owned"));
    return layout;
  }

  /** The image {@link #TAG} of a layout, pushed and converted. */
  static SampleImage pushed(PrivateNode node, String repository, ImageLayout layout)
      throws Exception {
    String ordinary = push(node, repository, layout, TAG);
    String lazy = node.registry().reference(repository, CONVERTED);
    node.convert(ordinary, lazy);
    long bytes = layout.layers(TAG).stream().mapToLong(ImageLayout.Layer::size).sum();
    return new SampleImage(ordinary, lazy, layout, bytes);
  }

  /** The same where another registry has it. */
  SampleImage in(LocalRegistry registry, String repository) {
    return new SampleImage(
        registry.reference(repository, TAG),
        registry.reference(repository, CONVERTED),
        layout,
        bytes);
  }

  /** Pushes an image of a layout as it is; containerd forgets it again. */
  static String push(PrivateNode node, String repository, ImageLayout layout, String tag)
      throws IOException, InterruptedException, TimeoutException {
    Ctr ctr = node.ctr().in("push");
    String reference = node.registry().reference(repository, tag);
    ctr.importLayout(layout.directory(), node.registry().address() + "/" + repository);
    ctr.call("images", "push", "--plain-http", reference).output();
    ctr.remove(reference);
    return reference;
  }

  /** Pushes what CRI makes sandboxes of: something that waits. */
  static void pushSandbox(PrivateNode node) throws Exception {
    Path trees = Files.createTempDirectory(node.scratch(), "sandbox.");
    HostPrograms.copyTo(Files.createDirectory(trees.resolve("base")), List.of("sleep"));
    ImageLayout layout = ImageLayout.create(trees.resolve("layout"));
    layout.image(TAG, List.of(layout.pack(trees.resolve("base"))), List.of("sleep", "infinity"));
    var _ = push(node, "sandbox", layout, TAG);
  }

  private static void ballast(Path tree, int size) throws IOException {
    Random random = new Random(SEED);
    byte[] bytes = new byte[size];
    Files.createDirectories(tree.resolve("ballast"));
    for (int i = 0; i < BALLAST_FILES; i++) {
      random.nextBytes(bytes);
      Files.write(tree.resolve("ballast/" + i), bytes);
    }
  }

  private static void files(Path tree) throws IOException {
    Path data = tree.resolve("data");
    Files.createDirectories(data.resolve("below/deeper"));
    Files.writeString(data.resolve("greeting"), "started before it has arrived\n");
    Files.writeString(data.resolve("changed"), "before\n");
    Files.writeString(data.resolve("deleted"), "away\n");
    Files.writeString(data.resolve("renamed"), "same\n");
    Files.writeString(data.resolve("below/deeper/file"), "deep\n");
  }
}
