package io.loadstar.snapshot;

import io.loadstar.linux.IdMaps;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Snapshots on disk: a row and a directory each. Thread-safe, for platform threads; closed by who
 * opened it.
 *
 * <p>A row never lacks its directory, and a directory without a row is garbage. So a snapshot is
 * made as a directory under a passing name, then, in one transaction, inserted as a row, and the
 * directory renamed and forced to disk before the row is; and it is removed as a row first. A crash
 * between any two of these leaves at most a directory that {@link #garbage} names.
 *
 * <p>A snapshot on which a layer is to be mounted is nobody's before it is committed, and its
 * directory only a mount point, which is made anew if need be: its making isn't forced to disk.
 */
public final class SnapshotStore implements Closeable {

  private static final Logger log = LoggerFactory.getLogger(SnapshotStore.class);

  private final SnapshotDirectories directories;
  private final SnapshotDatabase database;
  private final Steps steps;
  private final Clock clock = Clock.systemUTC();
  private final SnapshotCommits commits;

  private SnapshotStore(SnapshotDirectories directories, SnapshotDatabase database, Steps steps) {
    this.directories = directories;
    this.database = database;
    this.steps = steps;
    this.commits = new SnapshotCommits(directories, database, steps, clock);
  }

  /**
   * Opens the store below {@code root}, and makes it if there is none.
   *
   * @throws IOException if it can't be read or written
   */
  public static SnapshotStore open(Path root) throws IOException {
    return open(root, step -> {});
  }

  /** As above; {@code steps} is told what has been done, so that a test can kill there. */
  static SnapshotStore open(Path root, Steps steps) throws IOException {
    SnapshotDirectories directories = SnapshotDirectories.open(root);
    SnapshotDatabase database = SnapshotDatabase.open(directories.database());
    SnapshotStore store = new SnapshotStore(directories, database, steps);
    try {
      store.repair();
      return store;
    } catch (SnapshotException e) {
      database.close();
      throw new IOException(e.getMessage(), e);
    }
  }

  /**
   * What isn't there was lost outside of this program. An empty directory is as good for what has
   * no content of its own; for the rest it would be a lie, so that is only told.
   */
  private void repair() throws SnapshotException {
    database.transact(tx -> {
      for (StoredSnapshot snapshot : tx.all()) {
        if (directories.isWhole(snapshot)) {
          continue;
        }
        boolean lost = snapshot.info().kind() == SnapshotKind.COMMITTED && !snapshot.remote();
        if (!lost) {
          directories.repair(snapshot);
        }
        log.atError()
            .addKeyValue("key", snapshot.name())
            .addKeyValue("directory", directories.of(snapshot.id()))
            .log(lost ? "content of snapshot is lost" : "lost directory of snapshot made anew");
      }
      return true;
    });
  }

  /** Where the content of a snapshot is, or is mounted. */
  public Path fs(StoredSnapshot snapshot) {
    return directories.fs(snapshot.id());
  }

  /**
   * Where a snapshot's content is, for who hasn't opened the store: another process has.
   *
   * @param root as the store was opened with
   * @param id the snapshot's number, which its directory is called by
   * @throws IOException if there is no directory {@code root}
   */
  public static Path fs(Path root, long id) throws IOException {
    return SnapshotDirectories.fsOf(root, id);
  }

  /** Where the overlay of an active snapshot works. */
  public Path work(StoredSnapshot snapshot) {
    return directories.work(snapshot.id());
  }

  /** Where the parents of a snapshot are shown with other owners: {@link MappedLowers}. */
  Path mapped(StoredSnapshot snapshot) {
    return directories.mapped(snapshot.id());
  }

  /** Those of snapshots that were removed. */
  List<Path> mappedGarbage() throws SnapshotException, IOException {
    List<Path> there = allMapped(); // before it is asked which snapshots there are
    return database.transact(tx -> {
      Set<Long> ids = tx.ids();
      return there.stream().filter(place -> !SnapshotDirectories.isOneOf(ids, place)).toList();
    });
  }

  List<Path> allMapped() throws IOException {
    return directories.allMapped();
  }

  /** The directory that holds the directories of all snapshots. */
  public Path snapshotsDirectory() {
    return directories.all();
  }

  /**
   * Makes an active snapshot or a view.
   *
   * @param parent the name of a committed snapshot, or empty
   */
  StoredSnapshot create(SnapshotKind kind, String key, String parent, Map<String, String> labels)
      throws SnapshotException {
    SnapshotDatabase.Work<StoredSnapshot> making =
        making(info(kind, key, parent, labels), IdLabels.read(labels));
    return database.transact(tx -> {
      StoredSnapshot made = making.run(tx);
      directories.force(made.id());
      return made;
    });
  }

  /**
   * Makes an active snapshot that is to be a mount point: nothing of it is forced to disk before it
   * is committed, or changed after {@link #keep}.
   */
  StoredSnapshot createMountPoint(String key, String parent, Map<String, String> labels)
      throws SnapshotException {
    return database.transactUnforced(
        making(info(SnapshotKind.ACTIVE, key, parent, labels), IdLabels.read(labels)));
  }

  /** Forces to disk that there is a directory of a snapshot that is no mount point after all. */
  void keep(StoredSnapshot snapshot) throws SnapshotException.Storage {
    try {
      directories.force(snapshot.id());
    } catch (IOException e) {
      throw new SnapshotException.Storage(directories.of(snapshot.id()) + ": " + e, e);
    }
  }

  private SnapshotInfo info(
      SnapshotKind kind, String key, String parent, Map<String, String> labels) {
    Instant now = clock.instant();
    return new SnapshotInfo(key, parent, kind, SnapshotLabel.present(labels), now, now);
  }

  private SnapshotDatabase.Work<StoredSnapshot> making(SnapshotInfo info, Optional<IdMaps> maps) {
    return tx -> {
      Optional<StoredSnapshot> below = parent(tx, info.parent());
      if (tx.find(info.name()).isPresent()) {
        throw new SnapshotException.AlreadyExists("snapshot " + info.name() + " already exists");
      }
      Owner inside = below.isPresent() ? below.get().owner() : directories.owner();
      Owner owner = maps.map(inside::toHost).orElse(inside);
      Path made = directories.makeNew(info.kind(), owner);
      steps.reached("made");
      long id = tx.insert(info, below, owner);
      steps.reached("inserted");
      directories.publish(made, id);
      steps.reached("published");
      return new StoredSnapshot(id, info, false, owner, Usage.NONE);
    };
  }

  private static Optional<StoredSnapshot> parent(SnapshotTransaction tx, String parent)
      throws SnapshotException, SQLException {
    if (parent.isEmpty()) {
      return Optional.empty();
    }
    StoredSnapshot found =
        tx.find(parent)
            .orElseThrow(
                () -> new SnapshotException.NotFound("parent " + parent + " does not exist"));
    if (found.info().kind() != SnapshotKind.COMMITTED) {
      throw new SnapshotException.InvalidArgument("parent " + parent + " is not committed");
    }
    return Optional.of(found);
  }

  /** How active snapshots become committed ones. */
  SnapshotCommits commits() {
    return commits;
  }

  void remove(String key) throws SnapshotException {
    database.transact(tx -> {
      StoredSnapshot snapshot = tx.get(key);
      if (tx.hasChildren(snapshot)) {
        throw new SnapshotException.FailedPrecondition("snapshot " + key + " has children");
      }
      tx.delete(snapshot);
      return true;
    });
  }

  StoredSnapshot replaceLabels(String key, LabelChange change) throws SnapshotException {
    return database.transact(tx -> {
      StoredSnapshot before = tx.get(key);
      SnapshotInfo info = before.info();
      SnapshotInfo changed =
          new SnapshotInfo(
              info.name(),
              info.parent(),
              info.kind(),
              SnapshotLabel.present(change.apply(info.labels())),
              info.created(),
              clock.instant());
      StoredSnapshot after =
          new StoredSnapshot(before.id(), changed, before.remote(), before.owner(), before.usage());
      tx.replace(after);
      return after;
    });
  }

  StoredSnapshot get(String key) throws SnapshotException {
    return database.transact(tx -> tx.get(key));
  }

  /** The parents of a snapshot, the nearest first. */
  List<StoredSnapshot> ancestors(StoredSnapshot snapshot) throws SnapshotException {
    return database.transact(tx -> tx.ancestors(snapshot));
  }

  /** Committed snapshots with that {@link SnapshotLabel#REF} on that parent. */
  List<StoredSnapshot> committedAs(String ref, String parent) throws SnapshotException {
    return database.transact(tx -> tx.committedAs(ref, parent));
  }

  /**
   * Every snapshot, in the order in which they were made.
   *
   * @throws SnapshotException.Storage if the disk fails
   */
  public List<StoredSnapshot> all() throws SnapshotException {
    return database.transact(SnapshotTransaction::all);
  }

  /** What a snapshot takes now, or took when it was committed. */
  Usage usage(StoredSnapshot snapshot) throws SnapshotException {
    return directories.usage(snapshot);
  }

  /** Directories that belong to no snapshot; they stay so, since ids aren't given twice. */
  List<Path> garbage() throws SnapshotException {
    return database.transact(tx -> directories.allBut(tx.ids()));
  }

  @Override
  public void close() throws IOException {
    database.close();
  }

  /** New labels from old ones. */
  @FunctionalInterface
  interface LabelChange {
    Map<String, String> apply(Map<String, String> labels) throws SnapshotException;
  }

  /** Is told of each step of a change to the disk. */
  @FunctionalInterface
  interface Steps {
    void reached(String step) throws IOException;
  }
}
