package io.loadstar.containerd;

import java.util.Map;

/**
 * What containerd knows of a snapshot. Immutable.
 *
 * @param name its key or, once committed, its name
 * @param parent the snapshot below, empty at the bottom
 * @param committed true once it can be a parent
 * @param labels containerd's labels and the snapshotter's
 */
public record SnapshotInfo(
    String name, String parent, boolean committed, Map<String, String> labels) {

  public SnapshotInfo {
    labels = Map.copyOf(labels);
  }
}
