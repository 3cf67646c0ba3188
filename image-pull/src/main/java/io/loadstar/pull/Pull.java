package io.loadstar.pull;

import io.loadstar.containerd.ContainerdClient;
import io.loadstar.containerd.ContainerdException;
import io.loadstar.containerd.ImageRecord;
import io.loadstar.containerd.Lease;
import io.loadstar.containerd.Leases;
import io.loadstar.containerd.Services;
import io.loadstar.containerd.SnapshotterPlugin;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageIndex;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.Manifest;
import io.loadstar.oci.MediaTypes;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One pull: an image's documents into containerd's content store, its layers into snapshots, its
 * name last. {@code ctr pull} can't do it lazily, since it tells a snapshotter nothing of the
 * registry.
 *
 * <p>A lease keeps everything alive until the image's name does. It is deleted in the end, whatever
 * happened; after a failure that takes along what had been brought. An image that was there before
 * is as it was until the last step.
 *
 * @param request what is to be pulled
 * @param source where from; stays open
 * @param containerd where to; stays open
 * @param listener is told how it gets on
 */
public record Pull(
    PullRequest request, ImageSource source, ContainerdClient containerd, PullListener listener) {

  /** What the documentation calls the snapshotter in containerd's configuration, and its socket. */
  private static final String OUR_SNAPSHOTTER = "loadstar";

  private static final String OUR_SOCKET = "/run/loadstar-snapshotter/loadstar-snapshotter.sock";

  /** In case that this process can't delete its lease any more. */
  private static final Duration LEASE_LIFETIME = Duration.ofHours(24);

  /**
   * Does it. Ends early if the thread is interrupted.
   *
   * @param condition of which the pull is done
   * @throws PullException if the image isn't one that can be pulled, or the snapshotter isn't known
   * @throws ContainerdException if containerd refuses a step
   * @throws IOException if the source doesn't give what is needed
   */
  public PullReport run(Condition condition)
      throws IOException, ContainerdException, PullException, InterruptedException {
    long start = System.nanoTime();
    Lease lease = Lease.unused();
    ResolvedImage image;
    List<LayerOutcome> layers;
    boolean bringing = false;
    try {
      image = begin(condition, lease);
      bringing = true;
      layers = bring(image, lease);
    } catch (IOException
        | ContainerdException
        | PullException
        | InterruptedException
        | RuntimeException e) {
      giveUp(lease, bringing, e);
      throw e;
    }
    containerd.services().leases().delete(lease);
    return new PullReport(
        image.target().digest(), layers, Duration.ofNanos(System.nanoTime() - start));
  }

  /** As above, if there is such a snapshotter. */
  public PullReport run()
      throws IOException, ContainerdException, PullException, InterruptedException {
    return run(this::requireUsable);
  }

  /** What a snapshotter has to be. */
  @FunctionalInterface
  public interface Condition {
    /**
     * Asked once, before anything is brought.
     *
     * @param plugin what containerd has by the name that is meant
     * @throws PullException if it isn't that
     */
    void require(Optional<SnapshotterPlugin> plugin) throws PullException;
  }

  /** Asks the registry and containerd at once: each takes its time for the first question. */
  private ResolvedImage begin(Condition condition, Lease lease)
      throws IOException, ContainerdException, PullException, InterruptedException {
    try (Errand<ResolvedImage> resolving =
        Errand.begin(
            "resolve", () -> ResolvedImage.resolve(request, source, this::tellLazyLayers))) {
      Services services = containerd.services();
      condition.require(services.introspection().snapshotter(request.snapshotter()));
      services.leases().create(lease, LEASE_LIFETIME);
      return resolving.await();
    }
  }

  /** Documents and layers at once: most of it is waiting for containerd's and others' disks. */
  private List<LayerOutcome> bring(ResolvedImage image, Lease lease)
      throws IOException, ContainerdException, PullException, InterruptedException {
    Services services = containerd.under(lease);
    StoredContent store = new StoredContent(services.content(), image.image());
    boolean allBlobs = request.choices().blobs() == PullRequest.Blobs.ALL;
    try (Errand<ImageRecord> documents = Errand.begin("documents", () -> described(image, store));
        LayerDownloads downloads = new LayerDownloads(source, store, listener);
        Errands naming = new Errands()) {
      List<LayerOutcome> layers =
          new LayerStack(this, image, lease, downloads)
              .build(() -> {
                listener.layersReady(request.image(), image.process());
                if (!allBlobs) {
                  naming.begin("name", () -> name(documents, services));
                }
              });
      if (allBlobs) {
        layers = complete(image, layers, downloads);
        name(documents, services);
      }
      naming.await();
      return layers;
    }
  }

  /** From then on there is such an image. */
  private static ImageRecord name(Errand<ImageRecord> documents, Services services)
      throws IOException, ContainerdException, PullException, InterruptedException {
    ImageRecord image = documents.await();
    services.images().put(image);
    return image;
  }

  /** Stores the image's documents; what its name will refer to. */
  private ImageRecord described(ResolvedImage image, StoredContent store)
      throws IOException, ContainerdException, InterruptedException {
    if (MediaTypes.isIndex(image.target().mediaType())) {
      ImageIndex index = ImageIndex.parse(image.target());
      store.put("index", image.target(), ContentLabels.ofIndex(index.manifests()));
    }
    store.put("manifest", image.manifest(), ContentLabels.ofManifest(image));
    store.put("config", image.config(), ContentLabels.ofConfig(image, request.snapshotter()));
    return new ImageRecord(
        image.image().toString(), StoredContent.described(image.target().descriptor()));
  }

  /** Brings every blob that isn't there, several at once. */
  private static List<LayerOutcome> complete(
      ResolvedImage image, List<LayerOutcome> layers, LayerDownloads downloads)
      throws IOException, ContainerdException, InterruptedException {
    image.layers().forEach(downloads::start);
    List<LayerOutcome> complete = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      LayerOutcome layer = layers.get(i);
      long bytes = downloads.await(image.layers().get(i));
      complete.add(new LayerOutcome(layer.digest(), layer.size(), layer.state(), bytes));
    }
    return complete;
  }

  private void tellLazyLayers(Manifest manifest) {
    List<Descriptor> promised =
        manifest.layers().stream()
            .filter(layer -> layer.annotations().containsKey(SnapshotLabels.TOC_DIGEST))
            .toList();
    listener.lazyLayersKnown(request.image(), promised);
  }

  /** A collection is dear on a node with many images: only for what may have been brought. */
  private void giveUp(Lease lease, boolean bringing, Exception reason) {
    Leases leases = containerd.services().leases();
    try {
      if (bringing) {
        leases.deleteAndCollect(lease);
      } else {
        leases.delete(lease);
      }
    } catch (ContainerdException e) {
      reason.addSuppressed(e);
    }
  }

  private void requireUsable(Optional<SnapshotterPlugin> plugin) throws PullException {
    String name = request.snapshotter();
    if (plugin.isEmpty()) {
      throw new PullException(
          "snapshotter "
              + name
              + ": containerd doesn't know it; add to its config.toml and restart it:"
              + " [proxy_plugins."
              + name
              + "] type = \"snapshot\", address = \""
              + (name.equals(OUR_SNAPSHOTTER) ? OUR_SOCKET : "SOCKET OF " + name)
              + "\"");
    }
    Optional<String> failure = plugin.get().failure();
    if (failure.isPresent()) {
      throw new PullException(
          "snapshotter "
              + name
              + ": containerd couldn't start it ("
              + failure.get()
              + "); see containerd's log");
    }
  }
}
