package io.loadstar.snapshot;

/** The labels that the snapshotter itself reads or sets. */
public final class SnapshotLabel {

  /**
   * On Prepare: the chain ID of the layer that containerd is about to unpack, by which it accepts a
   * snapshot that is there already. Source: containerd, {@code snapshots.LabelSnapshotRef}.
   */
  public static final String REF = "containerd.io/snapshot.ref";

  /** Set here on what was mounted lazily, as the peers do; read by people and scripts only. */
  public static final String REMOTE = "containerd.io/snapshot/remote";

  /** The value of {@link #REMOTE}. */
  public static final String REMOTE_VALUE = "remote snapshot";

  /** The digest of the layer's uncompressed TOC, an annotation of the layer handed down. */
  public static final String TOC_DIGEST = "containerd.io/snapshot/stargz/toc.digest";

  private SnapshotLabel() {}
}
