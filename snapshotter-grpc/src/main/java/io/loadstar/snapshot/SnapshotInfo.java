package io.loadstar.snapshot;

import java.time.Instant;
import java.util.Map;

/**
 * What is told of a snapshot. Immutable.
 *
 * @param name its key while active or a view, its name once committed
 * @param parent the name of the committed snapshot below, empty if there is none
 * @param kind what it is for
 * @param labels name to value; a label with an empty value is no label
 * @param created when it was made or, if it is committed, when that was
 * @param updated when its labels were last changed
 */
public record SnapshotInfo(
    String name,
    String parent,
    SnapshotKind kind,
    Map<String, String> labels,
    Instant created,
    Instant updated) {

  public SnapshotInfo {
    labels = Map.copyOf(labels);
  }
}
