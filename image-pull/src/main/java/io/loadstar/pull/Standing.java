package io.loadstar.pull;

import io.loadstar.containerd.ContainerInfo;
import io.loadstar.containerd.ContainerdException;
import io.loadstar.containerd.Services;
import io.loadstar.containerd.SnapshotInfo;
import io.loadstar.containerd.Snapshots;
import io.loadstar.oci.ImageSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How an image's layers are there, or those below a container, lowest first. Immutable.
 *
 * <p>What a snapshotter has noted of a layer stands in labels of its snapshot, which containerd
 * shows; nobody else is asked.
 *
 * @param snapshotter whose snapshots they are
 * @param layers each of them
 */
public record Standing(String snapshotter, List<LayerStanding> layers) {

  /** An overlay takes fewer: parents that go in a circle aren't followed forever. */
  private static final int MAX_LAYERS = 1000;

  public Standing {
    layers = List.copyOf(layers);
  }

  /**
   * Of an image that containerd has.
   *
   * @param source the image, as containerd has it
   * @throws PullException if it has none of that platform
   * @throws IOException if it hasn't all of its documents
   */
  public static Standing ofImage(PullRequest request, ImageSource source, Services services)
      throws IOException, ContainerdException, PullException {
    ResolvedImage image = ResolvedImage.resolve(request, source, manifest -> {});
    Snapshots snapshots = services.snapshots(request.snapshotter());
    List<LayerStanding> layers = new ArrayList<>();
    for (int i = 0; i < image.chainIds().size(); i++) {
      String chainId = image.chainIds().get(i).toString();
      String digest = image.layers().get(i).digest().toString();
      Optional<SnapshotInfo> snapshot = snapshots.stat(chainId);
      layers.add(
          snapshot.isPresent()
              ? standing(request.snapshotter(), snapshot.get(), digest)
              : new LayerStanding(
                  digest,
                  chainId,
                  LayerStanding.State.ABSENT,
                  "the image wasn't pulled with snapshotter " + request.snapshotter()));
    }
    return new Standing(request.snapshotter(), layers);
  }

  /**
   * Of what a container runs on.
   *
   * @throws PullException if it has no snapshot
   */
  public static Standing ofContainer(ContainerInfo container, Services services)
      throws ContainerdException, PullException {
    Snapshots snapshots = services.snapshots(container.snapshotter());
    Optional<SnapshotInfo> own =
        container.snapshotter().isEmpty()
            ? Optional.empty()
            : snapshots.stat(container.snapshotKey());
    if (own.isEmpty()) {
      throw new PullException("container " + container.id() + ": it has no snapshot");
    }
    List<LayerStanding> layers = new ArrayList<>();
    String below = own.get().parent();
    while (!below.isEmpty() && layers.size() < MAX_LAYERS) {
      Optional<SnapshotInfo> snapshot = snapshots.stat(below);
      if (snapshot.isEmpty()) {
        break;
      }
      Map<String, String> labels = snapshot.get().labels();
      layers.add(standing(container.snapshotter(), snapshot.get(), SnapshotLabels.layerOf(labels)));
      below = snapshot.get().parent();
    }
    return new Standing(container.snapshotter(), layers.reversed());
  }

  private static LayerStanding standing(String snapshotter, SnapshotInfo snapshot, String digest) {
    return PullRequest.isOrdinary(snapshotter)
        ? new LayerStanding(
            digest,
            snapshot.name(),
            LayerStanding.State.ORDINARY,
            "snapshotter " + snapshotter + " mounts nothing lazily")
        : LayerStanding.of(snapshot.name(), digest, snapshot.labels());
  }
}
