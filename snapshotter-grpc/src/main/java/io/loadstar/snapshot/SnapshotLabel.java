package io.loadstar.snapshot;

import java.util.HashMap;
import java.util.Map;

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

  /** What begins the names of the labels that only this snapshotter sets, and that it keeps. */
  static final String OWN = "loadstar.io/";

  /** Set here on what was prepared with a target: how that ended. See {@link Preparation}. */
  public static final String PREPARED = OWN + "prepared";

  /** Set here beside {@link #PREPARED}, where a layer isn't lazy: why not, in one line. */
  public static final String REASON = OWN + "reason";

  /** Most characters of a {@link #REASON}: containerd takes 4,096 bytes of a label. */
  static final int MAX_REASON = 1000;

  /**
   * Set here on what is prepared with a target: the containerd namespace that asked first. It is
   * kept, since a layer that is mounted again after a restart is mounted as it was.
   */
  public static final String NAMESPACE = OWN + "namespace";

  private SnapshotLabel() {}

  /** containerd keeps no label with an empty value; one that comes with it is one that goes. */
  static Map<String, String> present(Map<String, String> labels) {
    Map<String, String> kept = new HashMap<>(labels);
    kept.values().removeIf(String::isEmpty);
    return kept;
  }
}
