package io.loadstar.optimize;

import io.loadstar.cache.SharingDomain;
import io.loadstar.fs.LayerFileSystem;
import io.loadstar.layer.Inode;
import io.loadstar.layer.LayerTree;
import io.loadstar.lazy.AccessRecord;
import io.loadstar.lazy.LazyLayer;
import io.loadstar.lazy.LazyNode;
import io.loadstar.transport.FuseMount;
import io.loadstar.transport.FuseTransport;
import io.loadstar.transport.MountSpec;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * A mounted layer with the record of its reads. Thread-safe. Closing it unmounts, which blocks in
 * native code.
 *
 * @param layer whose tree is the overlay's view
 * @param record of its reads
 * @param mount where it can be read
 */
record RecordedLayer(LazyLayer layer, AccessRecord record, FuseMount mount) implements Closeable {

  private static final String SOURCE = "loadstar";

  /** Reads that may wait at once, and one thread more; they wait for a local disk only. */
  private static final int MAX_THREADS = 16;

  /**
   * Mounts a layer.
   *
   * @param content whose source is closed with it, or at once if this fails
   */
  static RecordedLayer mount(
      LazyLayer.Content content, LazyNode node, FuseTransport transport, Path mountPoint)
      throws IOException {
    AccessRecord record = AccessRecord.of(content.tree());
    LazyLayer layer = node.open(content, SharingDomain.SHARED, record);
    try {
      FuseMount mount =
          transport.mount(
              LayerFileSystem.of(layer), new MountSpec(mountPoint, SOURCE, MAX_THREADS));
      return new RecordedLayer(layer, record, mount);
    } catch (IOException | RuntimeException | Error e) {
      layer.close();
      throw e;
    }
  }

  LayerTree tree() {
    return layer.tree();
  }

  /**
   * The first bytes of a file, read past the mount.
   *
   * @param limit how many at most
   */
  byte[] bytes(Inode.RegularFile file, int limit) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(file.size(), limit));
    CompletableFuture<Integer> end = new CompletableFuture<>();
    layer.read(
        file.number(),
        0,
        buffer,
        (count, failure) -> {
          if (failure == null) {
            end.complete(count);
          } else {
            end.completeExceptionally(failure);
          }
        });
    try {
      end.get();
      return buffer.array();
    } catch (ExecutionException e) {
      throw new IOException("layer " + layer.digest() + ": " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new java.io.InterruptedIOException("interrupted while a layer was read");
    }
  }

  @Override
  public void close() throws IOException {
    try (layer) {
      mount.close();
    }
  }
}
