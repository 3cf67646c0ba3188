package io.loadstar.pull;

import java.util.Map;

/**
 * How one layer of an image is there, and why not otherwise. Immutable.
 *
 * @param digest of the layer's blob, empty if that isn't known
 * @param chainId the name of its snapshot
 * @param state how it is there
 * @param reason why it isn't lazy, in one line; empty if it is
 */
public record LayerStanding(String digest, String chainId, State state, String reason) {

  /** How a layer is there. */
  public enum State {
    /** Mounted, its files coming as they are read. */
    LAZY,
    /** Fetched whole and unpacked by the snapshotter itself, so that those above stay lazy. */
    UNPACKED,
    /** Downloaded and unpacked by whoever pulled it. */
    ORDINARY,
    /** Not at all. */
    ABSENT
  }

  static LayerStanding of(String chainId, String digest, Map<String, String> labels) {
    String prepared = labels.getOrDefault(SnapshotLabels.PREPARED, "");
    String reason = labels.getOrDefault(SnapshotLabels.REASON, "");
    if (labels.containsKey(SnapshotLabels.REMOTE)) {
      return new LayerStanding(digest, chainId, State.LAZY, "");
    }
    return switch (prepared) {
      case SnapshotLabels.PREPARED_UNPACKED ->
          new LayerStanding(digest, chainId, State.UNPACKED, reason);
      case SnapshotLabels.PREPARED_ORDINARY ->
          new LayerStanding(digest, chainId, State.ORDINARY, reason);
      default ->
          new LayerStanding(
              digest,
              chainId,
              State.ORDINARY,
              labels.containsKey(SnapshotLabels.TARGET)
                  ? "the snapshotter didn't note why"
                  : "its pull told the snapshotter nothing of a registry (an ordinary pull)");
    };
  }
}
