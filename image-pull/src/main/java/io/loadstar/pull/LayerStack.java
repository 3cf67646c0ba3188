package io.loadstar.pull;

import io.loadstar.blob.Digest;
import io.loadstar.containerd.ContainerdException;
import io.loadstar.containerd.ContentDescriptor;
import io.loadstar.containerd.Lease;
import io.loadstar.containerd.Mount;
import io.loadstar.containerd.Preparation;
import io.loadstar.containerd.Services;
import io.loadstar.containerd.SnapshotInfo;
import io.loadstar.containerd.Snapshots;
import io.loadstar.oci.Descriptor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Turns the layers of an image into a stack of snapshots, lowest first. Not thread-safe.
 *
 * <p>A snapshotter that mounts a layer by itself answers "is there already"; one that doesn't
 * answers with mounts, and then the blob is downloaded and containerd unpacks it there.
 */
final class LayerStack {

  /** Tries, when somebody takes a snapshot away between two questions. */
  private static final int TRIES = 3;

  private static final int KEY_RANDOM_BYTES = 3;

  private final Pull pull;
  private final ResolvedImage image;
  private final Lease lease;
  private final LayerDownloads downloads;
  private final Services services;
  private final Snapshots snapshots;

  LayerStack(Pull pull, ResolvedImage image, Lease lease, LayerDownloads downloads) {
    this.pull = pull;
    this.image = image;
    this.lease = lease;
    this.downloads = downloads;
    this.services = pull.containerd().under(lease);
    this.snapshots = services.snapshots(pull.request().snapshotter());
  }

  /** Prepares every layer. */
  List<LayerOutcome> build()
      throws IOException, ContainerdException, PullException, InterruptedException {
    List<LayerOutcome> outcomes = new ArrayList<>();
    for (int i = 0; i < image.layers().size(); i++) {
      LayerOutcome outcome = prepare(i);
      outcomes.add(outcome);
      pull.listener().layerReady(outcome);
    }
    return outcomes;
  }

  private LayerOutcome prepare(int index)
      throws IOException, ContainerdException, PullException, InterruptedException {
    String chainId = image.chainIds().get(index).toString();
    String parent = index == 0 ? "" : image.chainIds().get(index - 1).toString();
    Map<String, String> labels = labels(index);
    for (int i = 0; i < TRIES; i++) {
      Optional<SnapshotInfo> present = snapshots.stat(chainId);
      if (present.isPresent()) {
        return keep(index, present.get());
      }
      String key = key(chainId);
      switch (ask(key, parent, labels)) {
        case Preparation.Present() -> {
          // The next question finds it, unless it has been taken away since.
        }
        case Preparation.ToFill(List<Mount> mounts) -> {
          return fill(index, key, mounts);
        }
      }
    }
    throw new PullException(
        "snapshot "
            + chainId
            + ": snapshotter "
            + pull.request().snapshotter()
            + " says that it is there, and containerd doesn't find it; see the snapshotter's log");
  }

  private Map<String, String> labels(int index) {
    return SnapshotLabels.of(image, index, pull.request().choices().promise());
  }

  private Preparation ask(String key, String parent, Map<String, String> labels)
      throws ContainerdException, PullException {
    try {
      return snapshots.prepare(key, parent, labels);
    } catch (ContainerdException e) {
      if (e.code() != ContainerdException.Code.UNAVAILABLE) {
        throw e;
      }
      throw new PullException(
          "snapshotter "
              + pull.request().snapshotter()
              + ": containerd can't reach it; is it running, at the address that containerd's"
              + " config.toml says? ("
              + e.getMessage()
              + ")",
          e);
    }
  }

  private LayerOutcome keep(int index, SnapshotInfo snapshot) throws ContainerdException {
    services.leases().addSnapshot(lease, pull.request().snapshotter(), snapshot.name());
    return outcome(index, stateOf(snapshot.labels()), 0);
  }

  private static LayerOutcome.State stateOf(Map<String, String> labels) {
    if (labels.containsKey(SnapshotLabels.REMOTE)) {
      return LayerOutcome.State.LAZY;
    }
    String prepared = labels.getOrDefault(SnapshotLabels.PREPARED, "");
    return prepared.equals(SnapshotLabels.PREPARED_UNPACKED)
        ? LayerOutcome.State.FETCHED
        : LayerOutcome.State.PRESENT;
  }

  private LayerOutcome fill(int index, String key, List<Mount> mounts)
      throws IOException, ContainerdException, PullException, InterruptedException {
    try {
      startAlike(index);
      return unpack(index, key, mounts);
    } catch (IOException
        | ContainerdException
        | PullException
        | InterruptedException
        | RuntimeException e) {
      remove(key, e);
      throw e;
    }
  }

  /** What made this layer wait for its blob holds for others too: they needn't wait their turn. */
  private void startAlike(int index) throws ContainerdException {
    boolean ordinary = pull.request().ordinarySnapshotter();
    if (!ordinary && mayBeLazy(image.layers().get(index))) {
      return;
    }
    for (int i = index; i < image.layers().size(); i++) {
      Descriptor layer = image.layers().get(i);
      boolean here = i > index && snapshots.stat(image.chainIds().get(i).toString()).isPresent();
      if (!here && (ordinary || !mayBeLazy(layer))) {
        downloads.start(layer);
      }
    }
  }

  private LayerOutcome unpack(int index, String key, List<Mount> mounts)
      throws IOException, ContainerdException, PullException, InterruptedException {
    Descriptor layer = image.layers().get(index);
    Digest diffId = image.diffIds().get(index);
    long downloaded = downloads.await(layer);
    ContentDescriptor applied = services.diffs().apply(StoredContent.described(layer), mounts);
    if (!applied.digest().equals(diffId.toString())) {
      throw new PullException(
          "layer "
              + layer.digest()
              + " of "
              + image.image()
              + ": unpacks to "
              + applied.digest()
              + ", but the image's config says "
              + diffId
              + "; the image has to be built again");
    }
    downloads.unpacked(layer, diffId);
    snapshots.commit(image.chainIds().get(index).toString(), key, labels(index));
    return outcome(index, LayerOutcome.State.UNPACKED, downloaded);
  }

  private void remove(String key, Exception reason) {
    try {
      snapshots.remove(key);
    } catch (ContainerdException e) {
      reason.addSuppressed(e);
    }
  }

  private LayerOutcome outcome(int index, LayerOutcome.State state, long downloaded) {
    Descriptor layer = image.layers().get(index);
    return new LayerOutcome(layer.digest(), layer.size(), state, downloaded);
  }

  private boolean mayBeLazy(Descriptor layer) {
    return pull.request().choices().promise() == PullRequest.Promise.NOT_REQUIRED
        || layer.annotations().containsKey(SnapshotLabels.TOC_DIGEST);
  }

  /** As containerd's own client names what it unpacks: time, chance, and the name to be. */
  private static String key(String chainId) {
    byte[] random = new byte[KEY_RANDOM_BYTES];
    ThreadLocalRandom.current().nextBytes(random);
    return "extract-"
        + System.nanoTime()
        + "-"
        + Base64.getUrlEncoder().withoutPadding().encodeToString(random)
        + " "
        + chainId;
  }
}
