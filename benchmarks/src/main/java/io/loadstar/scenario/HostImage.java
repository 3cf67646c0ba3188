package io.loadstar.scenario;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import io.loadstar.rig.HostPrograms;
import io.loadstar.rig.ImageLayout;
import io.loadstar.rig.PrivateNode;
import io.loadstar.rig.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * An image of some hundred MB made of what this machine has, in a node's registry: as tar and gzip
 * pack it, converted, and converted with a twentieth of its content in front. Immutable.
 *
 * @param repository where in the registry
 * @param bytes compressed size of its layers as packed
 * @param wanted a file with the paths of that twentieth, a line each, in no order
 */
record HostImage(String repository, long bytes, Path wanted) {

  private static final String ORDINARY = "ordinary";
  static final String LAZY = "lazy";
  private static final String PRIORITIZED = "prioritized";

  /** One byte in so many is among the wanted. */
  private static final int WANTED_ONE_IN = 20;

  private static final long SEED = 20261121;

  /** What makes a layer each, as far as it is there; links are kept. */
  private static final List<String> TREES =
      List.of("/usr/lib/python3.11", "/usr/lib/python3", "/usr/share/perl", "/usr/include");

  static HostImage pushed(PrivateNode node, String repository) throws Exception {
    Path trees = Files.createTempDirectory(node.scratch(), "trees.");
    ImageLayout layout = ImageLayout.create(trees.resolve("layout"));
    List<ImageLayout.Layer> layers = new ArrayList<>();
    Path base = Files.createDirectory(trees.resolve("base"));
    HostPrograms.copyTo(base, List.of("sh", "cat", "ls", "find", "tar"));
    layers.add(layout.pack(base));
    for (String tree : sources()) {
      Path root = Files.createDirectory(trees.resolve("layer" + layers.size()));
      Program.shell(
              "cd / && tar --create --exclude=lib/modules '.%s' | tar --extract --directory='%s'"
                  .formatted(tree, root))
          .output();
      layers.add(layout.pack(root));
    }
    layout.image(ORDINARY, layers, List.of("ls"));
    push(node, repository, layout);
    long bytes = layers.stream().mapToLong(ImageLayout.Layer::size).sum();
    Path wanted = Files.write(trees.resolve("wanted"), choose(trees, layers.size()));
    HostImage image = new HostImage(repository, bytes, wanted);
    String registry = node.registry().address();
    node.convert(image.ordinary(registry), image.lazy(registry));
    node.convert(
        image.ordinary(registry), image.prioritized(registry), "--prioritize", wanted.toString());
    return image;
  }

  /** Files of all layers by chance, until they have their part of the bytes. */
  private static List<String> choose(Path trees, int layers) throws IOException {
    List<Path> roots = new ArrayList<>(List.of(trees.resolve("base")));
    for (int i = 1; i < layers; i++) {
      roots.add(trees.resolve("layer" + i));
    }
    List<String> names = new ArrayList<>();
    Map<String, Long> sizes = new TreeMap<>();
    for (Path root : roots) {
      try (Stream<Path> files = Files.walk(root)) {
        for (Path file : files.filter(each -> Files.isRegularFile(each, NOFOLLOW_LINKS)).toList()) {
          sizes.put(root.relativize(file).toString(), Files.size(file));
        }
      }
    }
    long left = sizes.values().stream().mapToLong(Long::longValue).sum() / WANTED_ONE_IN;
    List<String> shuffled = new ArrayList<>(sizes.keySet());
    Collections.shuffle(shuffled, new Random(SEED));
    for (String name : shuffled) {
      long size = sizes.getOrDefault(name, 0L);
      if (size <= left) {
        names.add(name);
        left -= size;
      }
    }
    return names;
  }

  private static List<String> sources() {
    List<String> found = new ArrayList<>();
    found.add(System.getProperty("java.home"));
    TREES.stream().filter(tree -> Files.isDirectory(Path.of(tree))).forEach(found::add);
    return found;
  }

  private static void push(PrivateNode node, String repository, ImageLayout layout)
      throws IOException, InterruptedException, TimeoutException {
    var ctr = node.ctr().in("push");
    String reference = node.registry().reference(repository, ORDINARY);
    ctr.importLayout(layout.directory(), node.registry().address() + "/" + repository);
    ctr.call("images", "push", "--plain-http", reference).output();
    ctr.remove(reference);
  }

  /** The reference of the one as packed, behind {@code address}. */
  String ordinary(String address) {
    return address + "/" + repository + ":" + ORDINARY;
  }

  /** The reference of the converted one, behind {@code address}. */
  String lazy(String address) {
    return address + "/" + repository + ":" + LAZY;
  }

  /** The reference of the one with the wanted in front, behind {@code address}. */
  String prioritized(String address) {
    return address + "/" + repository + ":" + PRIORITIZED;
  }
}
