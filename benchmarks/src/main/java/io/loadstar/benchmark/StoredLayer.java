package io.loadstar.benchmark;

import io.loadstar.blob.Digest;
import io.loadstar.blob.FileBlobSource;
import io.loadstar.build.BuildOptions;
import io.loadstar.build.BuiltLayer;
import io.loadstar.build.LayerBuilder;
import io.loadstar.cache.DiskContentStore;
import io.loadstar.cache.SharingDomain;
import io.loadstar.format.LayerBlob;
import io.loadstar.fs.LayerFileSystem;
import io.loadstar.layer.Inode;
import io.loadstar.layer.LayerTree;
import io.loadstar.layer.OverlayView;
import io.loadstar.layer.OverlayXattrs;
import io.loadstar.lazy.LazyLayer;
import io.loadstar.lazy.LazyNode;
import io.loadstar.lazy.LazyOptions;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * A directory as a lazy layer whose content is all in a store, checked: what is measured when
 * nothing is to be fetched. Thread-safe; closed by whoever opened it, with all that it stands on.
 */
public final class StoredLayer implements Closeable {

  private static final int STEP = 1 << 20;

  private final DiskContentStore store;
  private final LazyNode node;
  private final LazyLayer layer;

  private StoredLayer(DiskContentStore store, LazyNode node, LazyLayer layer) {
    this.store = store;
    this.node = node;
    this.layer = layer;
  }

  /**
   * Makes the blob.
   *
   * @param tree a directory, which {@code tar} reads
   * @param work where "layer" and "digests" are put
   */
  public static void build(Path tree, Path work) throws Exception {
    Process tar =
        new ProcessBuilder("tar", "--sort=name", "-C", tree.toString(), "-c", ".")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (LayerBuilder builder = new LayerBuilder(Runtime.getRuntime().availableProcessors())) {
      BuiltLayer built =
          builder.build(
              tar.getInputStream(),
              work.resolve("layer"),
              BuildOptions.DEFAULT.withCompressionLevel(1));
      Files.writeString(work.resolve("digests"), built.digest() + "\n" + built.tocDigest() + "\n");
    }
    if (tar.waitFor() != 0) {
      throw new IOException("tar ended with " + tar.exitValue());
    }
  }

  /**
   * Opens it, and has all of its content in the store.
   *
   * @param work as in {@link #build}
   * @param content where the store is
   */
  public static StoredLayer open(Path work, Path content) throws Exception {
    DiskContentStore store = DiskContentStore.open(content, DiskContentStore.Bounds.DEFAULT);
    LazyNode node = LazyNode.start(store, LazyOptions.DEFAULT.withBackground(Optional.empty()));
    String[] digests = Files.readString(work.resolve("digests")).strip().split("\n", 2);
    FileBlobSource source = FileBlobSource.open(work.resolve("layer"), Digest.parse(digests[0]));
    LayerBlob opened = LayerBlob.open(source);
    LayerTree tree =
        LayerTree.of(opened.toc().verify(Digest.parse(digests[1])), opened.tocOffset());
    LazyLayer layer =
        node.open(
            new LazyLayer.Content(
                OverlayView.of(tree, OverlayXattrs.TRUSTED), opened.format(), source),
            SharingDomain.SHARED);
    StoredLayer stored = new StoredLayer(store, node, layer);
    stored.fill();
    return stored;
  }

  private void fill() throws InterruptedException, ExecutionException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(STEP);
    for (long number = 1; number <= layer.tree().maxInode(); number++) {
      if (layer.tree().inode(number) instanceof Inode.RegularFile file) {
        for (long offset = 0; offset < file.size(); offset += STEP) {
          CompletableFuture<Integer> end = new CompletableFuture<>();
          layer.read(
              file.number(),
              offset,
              buffer.clear(),
              (count, failure) -> {
                if (failure == null) {
                  end.complete(count);
                } else {
                  end.completeExceptionally(failure);
                }
              });
          end.get();
        }
      }
    }
  }

  /** The layer itself. */
  public LazyLayer layer() {
    return layer;
  }

  /** What a transport shows. */
  public LayerFileSystem fileSystem() {
    return LayerFileSystem.of(layer);
  }

  @Override
  public void close() throws IOException {
    layer.close();
    node.close();
    store.close();
  }
}
