package io.loadstar.e2e;

import io.loadstar.rig.ImageLayout;
import io.loadstar.rig.LocalRegistry;
import io.loadstar.rig.PrivateNode;
import io.loadstar.rig.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Images that several classes begin with: packed, pushed and converted once a run, on the node of
 * the class that asks first, and put into the others' registries as they were pushed there. Not
 * thread-safe.
 *
 * <pre>
 *   DIRECTORY/NAME/...        the trees that it is packed from
 *   DIRECTORY/NAME/layout/    the image as packed
 *   DIRECTORY/NAME/storage/   what its registry held when it had been pushed and converted
 * </pre>
 */
final class SharedImages implements BeforeAllCallback {

  private static final ExtensionContext.Namespace HERE =
      ExtensionContext.Namespace.create(SharedImages.class);

  private static final String STACKED = "stacked";

  private @Nullable Kept kept;

  @Override
  public void beforeAll(ExtensionContext context) {
    kept = context.getRoot().getStore(HERE).getOrComputeIfAbsent(Kept.class);
  }

  /** {@link SampleImage#packed} of the usual size. */
  SampleImage sample(PrivateNode node, String repository) throws Exception {
    return kept()
        .image(
            node,
            repository,
            "sample",
            trees -> SampleImage.packed(trees, SampleImage.BALLAST_BYTES));
  }

  /** {@link SampleImage#unlikeOthers}. */
  SampleImage unlikeOthers(PrivateNode node, String repository) throws Exception {
    return kept()
        .image(node, repository, repository, trees -> SampleImage.unlikeOthers(trees, repository));
  }

  /** The trees of {@link SourceTrees}, one upon the other. */
  SampleImage stacked(PrivateNode node, String repository) throws Exception {
    return kept().image(node, repository, STACKED, SharedImages::stack);
  }

  /** What the lowest layer of {@link #stacked} was packed from. */
  Path lowerTree() throws Exception {
    return kept().directory().resolve(STACKED).resolve("lower");
  }

  private static ImageLayout stack(Path trees) throws Exception {
    SourceTrees.lower(Files.createDirectory(trees.resolve("lower")));
    SourceTrees.middle(Files.createDirectory(trees.resolve("middle")));
    SourceTrees.upper(Files.createDirectory(trees.resolve("upper")));
    ImageLayout layout = ImageLayout.create(trees.resolve("layout"));
    List<ImageLayout.Layer> layers =
        List.of(
            layout.pack(trees.resolve("lower")),
            layout.pack(trees.resolve("middle")),
            layout.pack(trees.resolve("upper")));
    layout.image(SampleImage.TAG, layers, List.of("none"));
    return layout;
  }

  private Kept kept() {
    if (kept == null) {
      throw new IllegalStateException("the class hasn't begun");
    }
    return kept;
  }

  /** Packs an image into a layout below a directory of its own. */
  @FunctionalInterface
  private interface Packing {
    ImageLayout in(Path trees) throws Exception;
  }

  /** What is kept until the last class has ended. */
  static final class Kept implements AutoCloseable {

    private final Map<String, SampleImage> images = new HashMap<>();
    private @Nullable Path directory;

    private SampleImage image(PrivateNode node, String repository, String name, Packing packing)
        throws Exception {
      Path here = directory().resolve(name);
      Path storage = here.resolve("storage");
      LocalRegistry registry = node.registry();
      SampleImage made = images.get(name);
      if (made != null) {
        registry.take(storage, repository);
        return made.in(registry, repository);
      }
      ImageLayout layout = packing.in(Files.createDirectory(here));
      SampleImage image = SampleImage.pushed(node, name, layout);
      images.put(name, image);
      registry.keep(name, Files.createDirectory(storage));
      if (!name.equals(repository)) {
        registry.take(storage, repository);
      }
      return image.in(registry, repository);
    }

    private Path directory() throws Exception {
      Path here = directory;
      if (here == null) {
        here = Files.createTempDirectory(Path.of("/var/tmp"), "loadstar-images.");
        directory = here;
      }
      return here;
    }

    @Override
    public void close() throws IOException {
      if (directory == null) {
        return;
      }
      try {
        Program.of("rm", "-rf", directory.toString()).output();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException(directory + " is left", e);
      } catch (TimeoutException e) {
        throw new IOException(directory + " is left", e);
      }
    }
  }
}
