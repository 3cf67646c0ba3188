package io.loadstar.snapshot;

import io.loadstar.linux.IdMaps;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
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
 */
public final class SnapshotStore implements Closeable {

  private static final Logger log = LoggerFactory.getLogger(SnapshotStore.class);

  private final SnapshotDirectories directories;
  private final SnapshotDatabase database;
  private final Steps steps;
  private final Clock clock = Clock.systemUTC();

  private SnapshotStore(SnapshotDirectories directories, SnapshotDatabase database, Steps steps) {
    this.directories = directories;
    this.database = database;
    this.steps = steps;
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
    Instant now = clock.instant();
    SnapshotInfo info = new SnapshotInfo(key, parent, kind, present(labels), now, now);
    Optional<IdMaps> maps = IdLabels.read(labels);
    return database.transact(tx -> {
      Optional<StoredSnapshot> below = parent(tx, parent);
      if (tx.find(key).isPresent()) {
        throw new SnapshotException.AlreadyExists("snapshot " + key + " already exists");
      }
      Owner inside = below.isPresent() ? below.get().owner() : directories.owner();
      Owner owner = maps.map(inside::toHost).orElse(inside);
      Path made = directories.makeNew(kind, owner);
      steps.reached("made");
      long id = tx.insert(info, below, owner);
      steps.reached("inserted");
      directories.publish(made, id);
      steps.reached("published");
      return new StoredSnapshot(id, info, false, owner, Usage.NONE);
    });
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

  /**
   * Commits an active snapshot that holds its own content.
   *
   * @param parent onto which it is put if it has none; empty for the one that it has
   */
  void commit(String key, String name, String parent, Map<String, String> labels)
      throws SnapshotException {
    StoredSnapshot before = get(key);
    requireActive(before);
    Usage usage = usage(before);
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
        name, active.info().parent(), SnapshotKind.COMMITTED, present(labels), now, now);
  }

  private static void requireActive(StoredSnapshot snapshot)
      throws SnapshotException.FailedPrecondition {
    if (snapshot.info().kind() != SnapshotKind.ACTIVE) {
      throw new SnapshotException.FailedPrecondition(
          "snapshot " + snapshot.name() + " is not active");
    }
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
              present(change.apply(info.labels())),
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
    if (snapshot.info().kind() == SnapshotKind.COMMITTED) {
      return snapshot.usage();
    }
    Path fs = fs(snapshot);
    try {
      return DiskUsage.of(fs);
    } catch (IOException e) {
      throw new SnapshotException.Storage("measure " + fs + ": " + e.getMessage(), e);
    }
  }

  /** Directories that belong to no snapshot; they stay so, since ids aren't given twice. */
  List<Path> garbage() throws SnapshotException {
    return database.transact(tx -> directories.allBut(tx.ids()));
  }

  /** containerd keeps no label with an empty value; one that comes with it is one that goes. */
  private static Map<String, String> present(Map<String, String> labels) {
    Map<String, String> kept = new HashMap<>(labels);
    kept.values().removeIf(String::isEmpty);
    return kept;
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
