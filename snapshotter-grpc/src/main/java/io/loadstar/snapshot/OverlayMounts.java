package io.loadstar.snapshot;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Each layer is one lower directory of an overlay. Thread-safe.
 *
 * <p>What has nothing to be laid over is a bind mount: an overlay needs a lower directory, and one
 * without an upper needs two.
 */
public final class OverlayMounts implements RootfsPlanner {

  private final SnapshotStore store;

  /**
   * @param store knows where the layers are
   */
  public OverlayMounts(SnapshotStore store) {
    this.store = store;
  }

  @Override
  public List<Mount> plan(StoredSnapshot snapshot, List<StoredSnapshot> parents) {
    boolean active = snapshot.info().kind() == SnapshotKind.ACTIVE;
    if (parents.isEmpty()) {
      return bind(snapshot, active ? "rw" : "ro");
    }
    if (!active && parents.size() == 1) {
      return bind(parents.getFirst(), "ro");
    }
    List<String> options = new ArrayList<>();
    if (active) {
      options.add("workdir=" + store.work(snapshot));
      options.add("upperdir=" + store.fs(snapshot));
    }
    options.add(
        parents.stream()
            .map(parent -> store.fs(parent).toString())
            .collect(Collectors.joining(":", "lowerdir=", "")));
    return List.of(new Mount("overlay", "overlay", options));
  }

  private List<Mount> bind(StoredSnapshot source, String access) {
    return List.of(new Mount("bind", store.fs(source).toString(), List.of(access, "rbind")));
  }
}
