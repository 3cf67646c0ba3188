package io.loadstar.snapshot;

import java.util.List;
import java.util.Map;

/**
 * Snapshots as containerd understands them. Thread-safe; every method may block.
 *
 * <p>A snapshot is made <em>active</em> (prepare) or as a <em>view</em>, under a key, on a
 * committed parent or on none; an active one is committed under a name, and its key is gone then.
 * Keys and names share one space. An empty parent means none.
 *
 * <p>Every method throws {@link SnapshotException.InvalidArgument} for an empty key or name, and
 * {@link SnapshotException.Storage} if the disk fails.
 */
public interface Snapshotter {

  /**
   * Makes an active snapshot, or finds that there is nothing to make: see {@link
   * SnapshotLabel#REF}.
   *
   * @return how containerd mounts it
   * @throws SnapshotException.AlreadyExists if the key is taken, or if the target that the labels
   *     name is there, committed: already, or mounted lazily by this call
   * @throws SnapshotException.NotFound if there is no such parent
   * @throws SnapshotException.InvalidArgument if the parent isn't committed
   * @throws LayerUnavailableException if a lazily mounted parent can't be read
   */
  List<Mount> prepare(String key, String parent, Map<String, String> labels)
      throws SnapshotException;

  /**
   * Makes a snapshot that can only be read; otherwise as {@link #prepare}, without targets.
   *
   * @return how containerd mounts it
   */
  List<Mount> view(String key, String parent, Map<String, String> labels) throws SnapshotException;

  /**
   * How containerd mounts the active snapshot or view {@code key}.
   *
   * @throws SnapshotException.NotFound if there is none
   * @throws SnapshotException.FailedPrecondition if it is committed
   * @throws LayerUnavailableException if a lazily mounted parent can't be read
   */
  List<Mount> mounts(String key) throws SnapshotException;

  /** As {@link #commit(String, String, String, Map)}, on the parent that it has. */
  default void commit(String name, String key, Map<String, String> labels)
      throws SnapshotException {
    commit(name, key, "", labels);
  }

  /**
   * Turns the active snapshot {@code key} into the committed one {@code name}, with these labels in
   * place of those it had. One that was made without a parent can be put onto one now (containerd's
   * rebase).
   *
   * @param parent a committed snapshot; empty for the one that it has
   * @throws SnapshotException.NotFound if there is no such key or parent
   * @throws SnapshotException.AlreadyExists if the name is taken
   * @throws SnapshotException.FailedPrecondition if it isn't active, or the parent isn't committed
   * @throws SnapshotException.InvalidArgument if it has another parent
   */
  void commit(String name, String key, String parent, Map<String, String> labels)
      throws SnapshotException;

  /**
   * Forgets a snapshot; its directory goes at the next {@link #cleanup}.
   *
   * @throws SnapshotException.NotFound if there is none
   * @throws SnapshotException.FailedPrecondition if it has children
   */
  void remove(String key) throws SnapshotException;

  /**
   * @throws SnapshotException.NotFound if there is no such snapshot
   */
  SnapshotInfo stat(String key) throws SnapshotException;

  /**
   * Changes labels: those that {@code paths} name, as {@code labels} for all or {@code
   * labels.<name>} for one, or all if it is empty. A label that {@code labels} lacks is removed.
   *
   * @return what the snapshot is then
   * @throws SnapshotException.NotFound if there is no such snapshot
   * @throws SnapshotException.InvalidArgument if a path names anything else
   */
  SnapshotInfo update(String key, Map<String, String> labels, List<String> paths)
      throws SnapshotException;

  /** The snapshots that {@code filter} lets through, in the order in which they were made. */
  List<SnapshotInfo> list(SnapshotFilter filter) throws SnapshotException;

  /**
   * What a snapshot takes: of an active one what it takes now, of a committed one what it took when
   * it was committed, of a lazily mounted one what of it is here by now.
   *
   * @throws SnapshotException.NotFound if there is no such snapshot
   */
  Usage usage(String key) throws SnapshotException;

  /** Unmounts and deletes the directories of snapshots that were removed. */
  void cleanup() throws SnapshotException;
}
