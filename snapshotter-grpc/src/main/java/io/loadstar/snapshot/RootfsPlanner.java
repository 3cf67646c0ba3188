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
   * @throws SnapshotException.InvalidArgument if its labels ask for what can't be
   * @throws SnapshotException.Storage if what is to be mounted can't be made
   */
  List<Mount> plan(StoredSnapshot snapshot, List<StoredSnapshot> parents) throws SnapshotException;

  /** Takes back what was made for snapshots that were removed since. */
  void sweep() throws SnapshotException;
}
