package io.loadstar.remote;

import io.loadstar.snapshot.NotLazyException;
import io.loadstar.snapshot.SnapshotException;
import io.loadstar.snapshot.SnapshotStore;
import io.loadstar.snapshot.StoredSnapshot;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * The images that snapshots are of, lazy or not, as their labels say. Thread-safe.
 *
 * @param store has the snapshots
 */
public record SnapshotImages(SnapshotStore store) {

  /**
   * The repositories of all of them, without their registries.
   *
   * @throws SnapshotException.Storage if the disk fails
   */
  public Set<String> repositories() throws SnapshotException {
    Set<String> repositories = new HashSet<>();
    for (StoredSnapshot snapshot : store.all()) {
      repository(snapshot).ifPresent(repositories::add);
    }
    return repositories;
  }

  private static Optional<String> repository(StoredSnapshot snapshot) {
    try {
      return Optional.of(SnapshotLabels.read(snapshot.info().labels()).image().repository());
    } catch (NotLazyException e) {
      return Optional.empty(); // Of no image, or pulled without saying which.
    }
  }
}
