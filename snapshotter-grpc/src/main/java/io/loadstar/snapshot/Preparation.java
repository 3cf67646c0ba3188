package io.loadstar.snapshot;

/** How a Prepare that names its target ended, as {@link SnapshotLabel#PREPARED} says it. */
public enum Preparation {
  /** Mounted; its files come when they are read. */
  LAZY("lazy"),

  /** Fetched whole and unpacked by this snapshotter. */
  UNPACKED("unpacked"),

  /** Left to containerd. */
  ORDINARY("ordinary");

  private final String label;

  Preparation(String label) {
    this.label = label;
  }

  /** The label's value. */
  public String label() {
    return label;
  }
}
