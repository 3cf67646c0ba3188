package io.loadstar.remote;

import io.loadstar.blob.BlobSource;
import io.loadstar.layer.Inode;
import io.loadstar.layer.LayerTree;
import io.loadstar.lazy.HeadStart;
import io.loadstar.lazy.LayerReport;
import io.loadstar.lazy.LazyLayer;
import io.loadstar.snapshot.Owner;
import io.loadstar.transport.FuseMount;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A lazy layer and its live mount. Thread-safe; closing it unmounts. */
final class MountedLayer implements Closeable {

  private final LazyLayer layer;
  private final FuseMount mount;
  private final BlobSource source;
  private volatile CompletableFuture<Void> prefetch = CompletableFuture.completedFuture(null);
  private volatile long failuresAnswered;

  MountedLayer(LazyLayer layer, FuseMount mount, BlobSource source) {
    this.layer = layer;
    this.mount = mount;
    this.source = source;
  }

  /** Who owns the layer's root directory. */
  Owner owner() {
    Inode root = layer.tree().inode(LayerTree.ROOT);
    return root == null ? Owner.ROOT : new Owner(root.attributes().uid(), root.attributes().gid());
  }

  /**
   * Has what its builder placed first fetched at once.
   *
   * @param begun what of it is on its way
   */
  void prefetch(HeadStart begun) {
    prefetch = layer.prefetch(begun);
  }

  /** Has the rest fetched when the node is idle. */
  void fetchInBackground() {
    layer.fetchInBackground();
  }

  boolean isAlive() {
    return mount.isAlive();
  }

  LayerReport report() {
    return layer.report();
  }

  /**
   * Asks the registry for the blob if something couldn't be fetched since it last answered. As long
   * as nothing has failed, and once all is here, nobody is asked: what a container needs may be on
   * disk, whatever has become of the registry.
   *
   * @throws IOException if it can't be had
   */
  void check() throws IOException {
    LayerReport report = layer.report();
    long failures = report.traffic().failures();
    if (failures == failuresAnswered || report.complete()) {
      return;
    }
    source.check();
    failuresAnswered = failures;
  }

  /** Waits until what {@link #prefetch} fetches is here, but not longer than {@code limit}. */
  void awaitPrefetch(Duration limit) {
    try {
      prefetch.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      // Readers fetch what they need: it is only slower.
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() throws IOException {
    try (layer) {
      mount.close();
    }
  }
}
