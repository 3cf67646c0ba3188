package io.loadstar.optimize;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.Digest;
import io.loadstar.cache.DiskContentStore;
import io.loadstar.format.LayerBlob;
import io.loadstar.layer.LayerTree;
import io.loadstar.layer.OverlayView;
import io.loadstar.layer.OverlayXattrs;
import io.loadstar.lazy.LazyLayer;
import io.loadstar.lazy.LazyNode;
import io.loadstar.lazy.LazyOptions;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageSource;
import io.loadstar.transport.FuseTransport;
import io.loadstar.transport.jnr.JnrFuseTransport;
import io.loadstar.transport.kernel.KernelFuseTransport;
import io.loadstar.transport.kernel.KernelOptions;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * A lazy image whose layers are mounted, each by our own FUSE, and whose first reads are recorded.
 * Thread-safe; closing it unmounts.
 *
 * <p>Only what is read is fetched: no prefetch, nothing in the background. So nothing but the
 * workload reads.
 *
 * <pre>
 *   DIRECTORY/content/   the verified content that was read
 *   DIRECTORY/l/N        where layer N is mounted; short, since all of them stand in one option of
 *                        the overlay's mount
 * </pre>
 */
final class MountedImage implements Closeable {

  private static final String TOC_DIGEST = "containerd.io/snapshot/stargz/toc.digest";

  private final List<RecordedLayer> layers = new ArrayList<>();
  private final Deque<Closeable> open = new ArrayDeque<>();

  private MountedImage() {}

  /**
   * Mounts the layers of an image.
   *
   * @param source has all of {@code layers}, converted; stays open until this is closed
   * @param layers the lowest first
   * @param directory an empty one, for this alone
   * @throws IOException if one can't be mounted; nothing stays mounted then
   */
  static MountedImage mount(ImageSource source, List<Descriptor> layers, Path directory)
      throws IOException {
    return Uncut.run(() -> {
      MountedImage image = new MountedImage();
      try {
        image.mountAll(source, layers, directory);
        return image;
      } catch (IOException | RuntimeException | Error e) {
        image.closeAfter(e);
        throw e;
      }
    });
  }

  private void mountAll(ImageSource source, List<Descriptor> descriptors, Path directory)
      throws IOException {
    DiskContentStore store =
        DiskContentStore.open(directory.resolve("content"), DiskContentStore.Bounds.DEFAULT);
    open.push(store);
    LazyNode node = LazyNode.start(store, LazyOptions.DEFAULT.withBackground(Optional.empty()));
    open.push(node);
    FuseTransport transport = transport();
    for (Descriptor descriptor : descriptors) {
      Path mountPoint = directory.resolve("l").resolve(Integer.toString(layers.size()));
      Files.createDirectories(mountPoint);
      RecordedLayer layer =
          RecordedLayer.mount(content(source, descriptor), node, transport, mountPoint);
      open.push(layer);
      layers.add(layer);
    }
  }

  /** The one that a node would take: how much the kernel reads at once depends on it. */
  private static FuseTransport transport() {
    return KernelFuseTransport.obstacle().isEmpty()
        ? new KernelFuseTransport(KernelOptions.DEFAULT)
        : new JnrFuseTransport();
  }

  private static LazyLayer.Content content(ImageSource source, Descriptor layer)
      throws IOException {
    String tocDigest = layer.annotations().get(TOC_DIGEST);
    if (tocDigest == null) {
      throw new OptimizationException(
          "layer " + layer.digest() + " can't be mounted: it isn't a layer of files");
    }
    BlobSource blob = source.openBlob(layer);
    try {
      LayerBlob opened = LayerBlob.open(blob);
      LayerTree view =
          OverlayView.of(
              opened.toc().verify(Digest.parse(tocDigest)),
              opened.tocOffset(),
              OverlayXattrs.TRUSTED);
      return new LazyLayer.Content(view, opened.format(), blob);
    } catch (IOException | RuntimeException e) {
      blob.close();
      throw e;
    }
  }

  /** The layers, lowest first. */
  List<RecordedLayer> layers() {
    return List.copyOf(layers);
  }

  /** Reads are recorded from now on. */
  void startRecording() {
    layers.forEach(layer -> layer.record().switchOn());
  }

  /** No more reads are recorded. */
  void stopRecording() {
    layers.forEach(layer -> layer.record().switchOff());
  }

  private void closeAfter(Throwable reason) {
    try {
      closeNow();
    } catch (IOException e) {
      reason.addSuppressed(e);
    }
  }

  /** All of it, the last opened first, whatever fails. */
  private void closeNow() throws IOException {
    IOException failure = null;
    for (Closeable each : open) {
      try {
        each.close();
      } catch (IOException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    open.clear();
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public void close() throws IOException {
    Uncut.run(() -> {
      closeNow();
      return this;
    });
  }
}
