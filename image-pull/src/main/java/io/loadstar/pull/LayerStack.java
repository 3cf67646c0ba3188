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
import java.util.ArrayDeque;
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
  private boolean told;

  LayerStack(Pull pull, ResolvedImage image, Lease lease, LayerDownloads downloads) {
    this.pull = pull;
    this.image = image;
    this.lease = lease;
    this.downloads = downloads;
    this.services = pull.containerd().under(lease);
    this.snapshots = services.snapshots(pull.request().snapshotter());
  }

  /**
   * Prepares every layer.
   *
   * @param held is run once, when all of them are there and the lease holds them: before it is
   *     known what they have become, if containerd has put them there
   */
  List<LayerOutcome> build(Runnable held)
      throws IOException, ContainerdException, PullException, InterruptedException {
    for (int i = 0; i < TRIES; i++) {
      List<LayerOutcome> outcomes = new ArrayList<>();
      if (tryBuild(outcomes, held)) {
        return outcomes;
      }
    }
    throw new PullException(
        "image "
            + image.image()
            + ": snapshotter "
            + pull.request().snapshotter()
            + " says that its layers are there, and containerd doesn't find them; see the"
            + " snapshotter's log");
  }

  /**
   * Prepares one layer after the other, and asks what they have become beside that.
   *
   * <p>What is there already is at the bottom, since a snapshot's parents exist as long as it does:
   * the lease holds it before anything is prepared on it.
   *
   * @return false if one was taken away meanwhile
   */
  private boolean tryBuild(List<LayerOutcome> outcomes, Runnable held)
      throws IOException, ContainerdException, PullException, InterruptedException {
    try (Errands errands = new Errands()) {
      List<Errand<Optional<SnapshotInfo>>> before = new ArrayList<>();
      for (Digest chainId : image.chainIds()) {
        before.add(errands.begin("stat", () -> snapshots.stat(chainId.toString())));
      }
      ArrayDeque<Errand<Optional<LayerOutcome>>> kept = new ArrayDeque<>();
      boolean allHeld = true;
      for (int i = 0; i < before.size(); i++) {
        int index = i;
        Optional<SnapshotInfo> present = before.get(i).await();
        String chainId = image.chainIds().get(i).toString();
        String key = key(chainId);
        Preparation preparation = present.isPresent() ? new Preparation.Present() : ask(key, index);
        switch (preparation) {
          case Preparation.Held() ->
              kept.add(
                  errands.begin("stat", () -> snapshots.stat(chainId).map(it -> found(index, it))));
          case Preparation.Present() -> {
            allHeld = false;
            kept.add(
                errands.begin(
                    "keep",
                    () -> keep(index, present.isPresent() ? present : snapshots.stat(chainId))));
          }
          case Preparation.ToFill(List<Mount> mounts) -> {
            if (!gather(kept, outcomes)) {
              return false;
            }
            add(fill(i, key, mounts), outcomes);
          }
        }
      }
      if (allHeld) {
        tell(held);
      }
      boolean complete = gather(kept, outcomes);
      if (complete) {
        tell(held);
      }
      return complete;
    }
  }

  private void tell(Runnable held) {
    if (!told) {
      told = true;
      held.run();
    }
  }

  private boolean gather(
      ArrayDeque<Errand<Optional<LayerOutcome>>> kept, List<LayerOutcome> outcomes)
      throws IOException, ContainerdException, PullException, InterruptedException {
    while (!kept.isEmpty()) {
      Optional<LayerOutcome> outcome = kept.remove().await();
      if (outcome.isEmpty()) {
        return false;
      }
      add(outcome.get(), outcomes);
    }
    return true;
  }

  private void add(LayerOutcome outcome, List<LayerOutcome> outcomes) {
    outcomes.add(outcome);
    pull.listener().layerReady(outcome);
  }

  private Map<String, String> labels(int index) {
    return SnapshotLabels.of(image, index, pull.request().choices().promise());
  }

  private Preparation ask(String key, int index) throws ContainerdException, PullException {
    String parent = index == 0 ? "" : image.chainIds().get(index - 1).toString();
    try {
      return snapshots.prepare(key, parent, labels(index));
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

  /** Has the lease hold a snapshot; empty if it isn't there any more. */
  private Optional<LayerOutcome> keep(int index, Optional<SnapshotInfo> there)
      throws ContainerdException {
    if (there.isEmpty()) {
      return Optional.empty();
    }
    services.leases().addSnapshot(lease, pull.request().snapshotter(), there.get().name());
    return Optional.of(found(index, there.get()));
  }

  private LayerOutcome found(int index, SnapshotInfo snapshot) {
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
