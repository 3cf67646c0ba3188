package io.loadstar.snapshot;

import io.loadstar.linux.IdMap;
import io.loadstar.linux.IdMaps;
import java.util.Map;
import java.util.Optional;

/**
 * The labels by which containerd's clients ask for the owners that a container in a user namespace
 * is to see. Source: containerd, {@code snapshots.LabelSnapshotUIDMapping}.
 */
final class IdLabels {

  static final String UIDS = "containerd.io/snapshot/uidmapping";
  static final String GIDS = "containerd.io/snapshot/gidmapping";

  private IdLabels() {}

  /**
   * The maps that {@code labels} ask for, if any. What is to become an image's layer, for which a
   * target is named, belongs to no container.
   *
   * @throws SnapshotException.InvalidArgument if there is one without the other, or they aren't
   *     maps
   */
  static Optional<IdMaps> read(Map<String, String> labels)
      throws SnapshotException.InvalidArgument {
    String uids = labels.getOrDefault(UIDS, "");
    String gids = labels.getOrDefault(GIDS, "");
    if (labels.containsKey(SnapshotLabel.REF) || (uids.isEmpty() && gids.isEmpty())) {
      return Optional.empty();
    }
    return Optional.of(new IdMaps(map(UIDS, uids), map(GIDS, gids)));
  }

  private static IdMap map(String label, String value) throws SnapshotException.InvalidArgument {
    try {
      return IdMap.parse(value);
    } catch (IllegalArgumentException e) {
      throw new SnapshotException.InvalidArgument("label " + label + ": " + e.getMessage());
    }
  }
}
