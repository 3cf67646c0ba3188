package io.loadstar.snapshot;

/** What a snapshot is for. Source: containerd's snapshots.v1.Kind. */
public enum SnapshotKind {
  /** Writable, under the key that it was prepared with. */
  ACTIVE,
  /** Readable only, under the key that it was made with; never committed. */
  VIEW,
  /** Finished, under its name; the only kind that can be a parent. */
  COMMITTED
}
