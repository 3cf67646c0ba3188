package io.loadstar.snapshot;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/**
 * How active snapshots become committed ones: by what was written into them, by what is filled in
 * here, or with a lazy layer. Thread-safe, for platform threads.
 */
final class SnapshotCommits {

  private final SnapshotDirectories directories;
  private final SnapshotDatabase database;
  private final SnapshotStore.Steps steps;
  private final Clock clock;

  SnapshotCommits(
      SnapshotDirectories directories,
      SnapshotDatabase database,
      SnapshotStore.Steps steps,
      Clock clock) {
    this.directories = directories;
    this.database = database;
    this.steps = steps;
    this.clock = clock;
  }

  /**
   * Commits an active snapshot that holds its own content.
   *
   * @param parent onto which it is put if it has none; empty for the one that it has
   */
  void commit(String key, String name, String parent, Map<String, String> labels)
      throws SnapshotException {
    StoredSnapshot before = database.transact(tx -> tx.get(key));
    requireActive(before);
    Usage usage = directories.usage(before);
    database.transact(tx -> {
      StoredSnapshot active = tx.get(key);
      requireActive(active);
      Owner owner = SnapshotDirectories.ownerOf(directories.fs(active.id()));
      SnapshotInfo info = committed(tx, active, name, withOwn(active, labels));
      tx.replace(new StoredSnapshot(active.id(), info, false, owner, usage));
      if (!parent.isEmpty() && !parent.equals(info.parent())) {
        rebase(tx, active, parent);
      }
      return true;
    });
  }

  private static void rebase(SnapshotTransaction tx, StoredSnapshot snapshot, String onto)
      throws SnapshotException, SQLException {
    String before = snapshot.info().parent();
    if (!before.isEmpty()) {
      throw new SnapshotException.InvalidArgument(
          "snapshot %s has the parent \"%s\" and can't be rebased onto \"%s\""
              .formatted(snapshot.name(), before, onto));
    }
    StoredSnapshot parent =
        tx.find(onto)
            .orElseThrow(
                () -> new SnapshotException.NotFound("parent " + onto + " does not exist"));
    if (parent.info().kind() != SnapshotKind.COMMITTED || parent.id() == snapshot.id()) {
      throw new SnapshotException.FailedPrecondition("parent " + onto + " is not committed");
    }
    tx.putOnto(snapshot, parent);
  }

  /** What this snapshotter has noted stays, whatever labels a commit comes with. */
  private static Map<String, String> withOwn(StoredSnapshot active, Map<String, String> labels) {
    Map<String, String> all = new HashMap<>(labels);
    active
        .info()
        .labels()
        .forEach((name, value) -> {
          if (name.startsWith(SnapshotLabel.OWN)) {
            all.put(name, value);
          }
        });
    return all;
  }

  /** Commits an active snapshot on which a lazy layer was mounted; it keeps its labels. */
  void commitRemote(String key, String name, Owner owner) throws SnapshotException {
    database.transact(tx -> {
      StoredSnapshot active = tx.get(key);
      requireActive(active);
      Map<String, String> labels = new HashMap<>(active.info().labels());
      labels.put(SnapshotLabel.REMOTE, SnapshotLabel.REMOTE_VALUE);
      labels.put(SnapshotLabel.PREPARED, Preparation.LAZY.label());
      SnapshotInfo info = committed(tx, active, name, labels);
      tx.replace(new StoredSnapshot(active.id(), info, true, owner, Usage.NONE));
      return true;
    });
  }

  /**
   * Fills an active snapshot, and commits it under {@code name}. What is filled in but not
   * committed, because the process ends, goes with the snapshot.
   *
   * @throws NotUnpackedException as {@code filling} does; the snapshot is as before then
   */
  void commitFilled(StoredSnapshot active, String name, Map<String, String> labels, Filling filling)
      throws SnapshotException, NotUnpackedException {
    try {
      SnapshotDirectories.Unpacking unpacking =
          directories.makeUnpacking(active.id(), active.owner());
      try {
        filling.fill(unpacking.content(), unpacking.discarded());
        steps.reached("unpacked");
        directories.adopt(active.id(), unpacking);
        steps.reached("adopted");
      } catch (IOException | NotUnpackedException | RuntimeException | Error e) {
        directories.drop(unpacking);
        throw e;
      }
    } catch (IOException e) {
      throw new NotUnpackedException(String.valueOf(e.getMessage()), e);
    }
    commit(active.name(), name, "", labels);
  }

  /** Puts a layer's files into a directory. */
  @FunctionalInterface
  interface Filling {
    void fill(Path content, Path discarded) throws NotUnpackedException;
  }

  private SnapshotInfo committed(
      SnapshotTransaction tx, StoredSnapshot active, String name, Map<String, String> labels)
      throws SnapshotException, SQLException {
    if (tx.find(name).isPresent()) {
      throw new SnapshotException.AlreadyExists("snapshot " + name + " already exists");
    }
    Instant now = clock.instant();
    return new SnapshotInfo(
        name,
        active.info().parent(),
        SnapshotKind.COMMITTED,
        SnapshotLabel.present(labels),
        now,
        now);
  }

  private static void requireActive(StoredSnapshot snapshot)
      throws SnapshotException.FailedPrecondition {
    if (snapshot.info().kind() != SnapshotKind.ACTIVE) {
      throw new SnapshotException.FailedPrecondition(
          "snapshot " + snapshot.name() + " is not active");
    }
  }
}
