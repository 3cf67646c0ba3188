package io.loadstar.remote;

import io.loadstar.blob.Digest;
import io.loadstar.layer.LayerTree;
import io.loadstar.lazy.LayerReport;
import io.loadstar.lazy.LazyLayer;
import io.loadstar.linux.IdMaps;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageReference;
import io.loadstar.snapshot.LayerUnavailableException;
import io.loadstar.snapshot.NotLazyException;
import io.loadstar.snapshot.Owner;
import io.loadstar.snapshot.RemoteFileSystem;
import io.loadstar.snapshot.Usage;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Layers of registries, mounted lazily. Thread-safe, for platform threads; closing it unmounts all,
 * and not closing it leaves all mounted, for the next process to take their places.
 *
 * <p>What is needed to mount a layer again is kept on disk before it is mounted, and dropped with
 * the last of its mounts.
 */
public final class LazyRemoteFileSystem implements RemoteFileSystem, Closeable {

  private static final Logger log = LoggerFactory.getLogger(LazyRemoteFileSystem.class);

  private static final int UNMOUNTS_AT_ONCE = 8;

  private final LayerResolver resolver;
  private final PatientResolver patient;
  private final LayerMounter mounter;
  private final KeptLayers kept;
  private final Prefetching prefetching;
  private final Map<Path, MountPoint> mountPoints = new ConcurrentHashMap<>();
  private final Object keeping = new Object();

  /** Of layers that aren't mounted any more; guarded by {@link #keeping}. */
  private LayerTotals past = LayerTotals.NONE;

  /**
   * What finds layers.
   *
   * @param resolver tries once: for what is mounted again, while others wait
   * @param patient tries on: for a Prepare, whose layer would be downloaded whole otherwise
   */
  public record Resolving(LayerResolver resolver, PatientResolver patient) {}

  /**
   * What happens to a layer's prioritized files.
   *
   * @param wanted whether they are fetched when the layer is mounted
   * @param limit how long its first users wait for them
   */
  public record Prefetching(boolean wanted, Duration limit) {}

  /**
   * @param resolving finds layers
   * @param mounter mounts them
   * @param kept what is needed to mount them again
   * @param prefetching what happens to prioritized files
   */
  public LazyRemoteFileSystem(
      Resolving resolving, LayerMounter mounter, KeptLayers kept, Prefetching prefetching) {
    this.resolver = resolving.resolver();
    this.patient = resolving.patient();
    this.mounter = mounter;
    this.kept = kept;
    this.prefetching = prefetching;
  }

  @Override
  public Owner mount(Path mountPoint, Map<String, String> labels) throws NotLazyException {
    LayerSource source = SnapshotLabels.read(labels);
    ResolvedLayer resolved = patient.resolve(source);
    MountPoint place = new MountPoint(source);
    mountPoints.put(mountPoint, place);
    try {
      LazyLayer.Content content = keep(source.layer(), resolved);
      MountedLayer layer = place.live(() -> mounter.mount(mountPoint, place, content));
      resolver.forget(source);
      if (prefetching.wanted()) {
        layer.prefetch(resolved.begun());
      }
      layer.fetchInBackground();
      return layer.owner();
    } catch (IOException e) {
      unmount(mountPoint);
      resolved.begun().close();
      throw new NotLazyException(source + ": can't be mounted", e);
    }
  }

  /**
   * Begins to open layers that will be asked for, so that they needn't be waited for then. Doesn't
   * wait. Layers that are mounted are left out.
   *
   * @param image the image that they will be asked for with
   * @param layers their blobs, lowest first
   */
  public void expect(ImageReference image, List<Descriptor> layers) {
    Set<Digest> mounted = new HashSet<>();
    mountPoints.values().forEach(place -> mounted.add(place.source().layer()));
    resolver.expect(
        image, layers.stream().filter(layer -> !mounted.contains(layer.digest())).toList());
  }

  /** What is to be mounted: with the tree that is kept, which takes no heap. */
  private LazyLayer.Content keep(Digest layer, ResolvedLayer resolved) throws IOException {
    LazyLayer.Content content = resolved.content();
    LayerTree tree;
    synchronized (keeping) {
      kept.keep(layer, resolved);
      tree = kept.tree(layer).orElse(content.tree());
    }
    Thread.ofVirtual().name("loadstar-keeps").start(() -> force(layer));
    return new LazyLayer.Content(tree, content.format(), content.source());
  }

  /** Nobody waits for it: without it, a power failure costs that layer's next mount a request. */
  private void force(Digest layer) {
    try {
      kept.force(layer);
    } catch (IOException e) {
      log.atWarn()
          .addKeyValue("layer", layer)
          .addKeyValue("error", e.toString())
          .log("what is kept of the layer may not survive a power failure");
    }
  }

  /**
   * Mounts a layer that an earlier process has mounted, from what was kept if it can be read, else
   * from the registry. If that fails, each {@link #check} tries again.
   *
   * @return why it failed; empty if it didn't
   */
  public Optional<String> restore(Path mountPoint, Map<String, String> labels) {
    LayerSource source;
    try {
      source = SnapshotLabels.read(labels);
    } catch (NotLazyException e) {
      return Optional.of(reason(e));
    }
    MountPoint place = new MountPoint(source);
    mountPoints.put(mountPoint, place);
    try {
      place.live(() -> mountAgain(mountPoint, place));
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  @Override
  public void mountMapped(Path layer, Path mountPoint, IdMaps maps)
      throws LayerUnavailableException {
    MountPoint first = mountPoints.get(layer);
    if (first == null) {
      throw new LayerUnavailableException("nothing is known of " + layer);
    }
    MountPoint place = new MountPoint(first.source(), Optional.of(maps));
    mountPoints.put(mountPoint, place);
    try {
      place.live(() -> mountAgain(mountPoint, place));
    } catch (IOException e) {
      unmount(mountPoint);
      throw new LayerUnavailableException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Forgets what was kept of layers other than those that have been restored. */
  public void forgetOthers() {
    Set<Digest> layers = ConcurrentHashMap.newKeySet();
    mountPoints.values().forEach(place -> layers.add(place.source().layer()));
    try {
      synchronized (keeping) {
        kept.dropAllBut(layers);
      }
    } catch (IOException e) {
      log.atWarn().addKeyValue("error", e.toString()).log("can't drop what was kept of layers");
    }
  }

  private MountedLayer mountAgain(Path mountPoint, MountPoint place) throws IOException {
    try {
      MountedLayer layer = mounter.mount(mountPoint, place, resolveAgain(place.source()));
      layer.fetchInBackground();
      return layer;
    } catch (NotLazyException e) {
      throw new IOException(reason(e), e);
    }
  }

  private LazyLayer.Content resolveAgain(LayerSource source) throws NotLazyException, IOException {
    Optional<KeptLayers.Kept> found = findKept(source.layer());
    if (found.isPresent()) {
      try {
        return resolver.restore(source, found.get());
      } catch (NotLazyException e) {
        logNotKept(source.layer(), reason(e));
      }
    }
    ResolvedLayer resolved = resolver.resolve(source);
    resolved.begun().close(); // what is mounted again is prefetched by nobody
    return keep(source.layer(), resolved);
  }

  private Optional<KeptLayers.Kept> findKept(Digest layer) {
    try {
      return kept.find(layer);
    } catch (IOException e) {
      logNotKept(layer, e.toString());
      return Optional.empty();
    }
  }

  private static void logNotKept(Digest layer, String reason) {
    log.atWarn()
        .addKeyValue("layer", layer)
        .addKeyValue("error", reason)
        .log("what was kept of the layer can't be used, its registry is asked");
  }

  @Override
  public void check(Path mountPoint) throws LayerUnavailableException {
    MountPoint place = mountPoints.get(mountPoint);
    if (place == null) {
      throw new LayerUnavailableException("nothing is known of " + mountPoint);
    }
    try {
      MountedLayer layer = place.live(() -> mountAgain(mountPoint, place));
      layer.check();
      layer.awaitPrefetch(prefetching.limit());
    } catch (IOException e) {
      throw new LayerUnavailableException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Compressed bytes: what of the blob needn't be fetched any more. */
  @Override
  public Usage usage(Path mountPoint) {
    MountPoint place = mountPoints.get(mountPoint);
    return place == null
        ? Usage.NONE
        : place.report().map(report -> new Usage(report.held(), 0)).orElse(Usage.NONE);
  }

  @Override
  public void unmount(Path mountPoint) {
    MountPoint place = mountPoints.remove(mountPoint);
    if (place == null) {
      return;
    }
    end(place);
    Digest layer = place.source().layer();
    synchronized (keeping) {
      if (mountPoints.values().stream().anyMatch(other -> other.source().layer().equals(layer))) {
        return;
      }
      try {
        kept.drop(layer);
      } catch (IOException e) {
        log.atWarn()
            .addKeyValue("layer", layer)
            .addKeyValue("error", e.toString())
            .log("can't drop what was kept of the layer");
      }
    }
  }

  private void end(MountPoint place) {
    try {
      Optional<LayerReport> report = place.end();
      synchronized (keeping) {
        past = report.isPresent() ? past.plus(report.get()) : past;
      }
    } catch (IOException e) {
      log.atWarn()
          .addKeyValue("layer", place.source().layer())
          .addKeyValue("error", e.toString())
          .log("can't unmount the layer");
    }
  }

  /** How many layers are mounted. */
  public int mounts() {
    return (int) mountPoints.values().stream().filter(place -> place.report().isPresent()).count();
  }

  /** How often a layer was mounted that isn't verified, as configuration and labels allow. */
  public long unverified() {
    return resolver.unverified();
  }

  /** What all layers have cost, those that aren't mounted any more included. */
  public LayerTotals totals() {
    LayerTotals sum;
    synchronized (keeping) {
      sum = past;
    }
    for (MountPoint place : mountPoints.values()) {
      sum = place.report().map(sum::plus).orElse(sum);
    }
    return sum;
  }

  private static String reason(NotLazyException e) {
    String message = String.valueOf(e.getMessage());
    return e.getCause() == null ? message : message + ": " + e.getCause().getMessage();
  }

  /** Unmounts everything; what is kept stays, for the next start. */
  @Override
  public void close() {
    ThreadFactory named = Thread.ofPlatform().name("loadstar-unmount-", 0).factory();
    try (ExecutorService unmounting = Executors.newFixedThreadPool(UNMOUNTS_AT_ONCE, named)) {
      mountPoints.values().forEach(place -> unmounting.execute(() -> end(place)));
    }
  }
}
