package io.loadstar.snapshot;

import java.util.List;

/**
 * Turns a snapshot and its parents into what containerd mounts. Thread-safe.
 *
 * <p>That a layer is one lower directory, and has a mount of its own, is known to implementations
 * only.
 */
public interface RootfsPlanner {

  /**
   * How {@code snapshot} is mounted.
   *
   * @param snapshot an active snapshot or a view
   * @param parents the snapshots below it, the nearest first
   */
  List<Mount> plan(StoredSnapshot snapshot, List<StoredSnapshot> parents);
}
