package io.loadstar.snapshot;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Snapshots as overlay layers, those that can be mounted lazily. Thread-safe, for platform threads;
 * the store, the checker and the remote file system belong to who made this.
 *
 * <p>A Prepare that names its target ({@link SnapshotLabel#REF}) is handed to {@link
 * RemotePreparation} first. What that can't do becomes an ordinary snapshot, which containerd fills
 * itself.
 */
public final class OverlaySnapshotter implements Snapshotter {

  private static final Logger log = LoggerFactory.getLogger(OverlaySnapshotter.class);
  private static final String LABELS = "labels";
  private static final String ONE_LABEL = "labels.";

  private final SnapshotStore store;
  private final RootfsPlanner planner;
  private final RemoteFileSystem remote;
  private final ChainCheck check;
  private final RemotePreparation preparation;

  /**
   * @param store keeps the snapshots
   * @param planner makes mounts of them
   * @param layers mount layers lazily, or unpack them
   * @param check asks whether lazily mounted parents can be read
   */
  public OverlaySnapshotter(
      SnapshotStore store, RootfsPlanner planner, Layers layers, ChainCheck check) {
    this.store = store;
    this.planner = planner;
    this.remote = layers.remote();
    this.check = check;
    this.preparation = new RemotePreparation(store, remote, layers.unpacker());
  }

  /**
   * Where layers come from.
   *
   * @param remote mounts those that can be read lazily
   * @param unpacker unpacks the others
   */
  public record Layers(RemoteFileSystem remote, LayerUnpacker unpacker) {}

  /** How many Prepares with a target have ended which way. */
  public RemotePreparation.Counts preparations() {
    return preparation.counts();
  }

  @Override
  public List<Mount> prepare(String key, String parent, Map<String, String> labels)
      throws SnapshotException {
    requireName(key);
    String ref = labels.getOrDefault(SnapshotLabel.REF, "");
    if (ref.isEmpty()) {
      return make(SnapshotKind.ACTIVE, key, parent, labels);
    }
    return mountsOrNothing(preparation.prepare(key, parent, labels));
  }

  @Override
  public List<Mount> view(String key, String parent, Map<String, String> labels)
      throws SnapshotException {
    requireName(key);
    return make(SnapshotKind.VIEW, key, parent, labels);
  }

  private List<Mount> make(SnapshotKind kind, String key, String parent, Map<String, String> labels)
      throws SnapshotException {
    return mountsOrNothing(store.create(kind, key, parent, labels));
  }

  /** A snapshot that can't be mounted isn't left behind. */
  private List<Mount> mountsOrNothing(StoredSnapshot made) throws SnapshotException {
    try {
      return readableMounts(made);
    } catch (SnapshotException e) {
      store.remove(made.name());
      throw e;
    }
  }

  @Override
  public List<Mount> mounts(String key) throws SnapshotException {
    requireName(key);
    StoredSnapshot snapshot = store.get(key);
    if (snapshot.info().kind() == SnapshotKind.COMMITTED) {
      throw new SnapshotException.FailedPrecondition(
          "snapshot " + key + " is committed, neither active nor a view");
    }
    return readableMounts(snapshot);
  }

  private List<Mount> readableMounts(StoredSnapshot snapshot) throws SnapshotException {
    List<StoredSnapshot> parents = store.ancestors(snapshot);
    List<ChainCheck.Layer> layers = new ArrayList<>();
    for (StoredSnapshot parent : parents) {
      if (parent.remote()) {
        layers.add(new ChainCheck.Layer(parent.name(), store.fs(parent)));
      }
    }
    check.check(layers);
    return planner.plan(snapshot, parents);
  }

  @Override
  public void commit(String name, String key, String parent, Map<String, String> labels)
      throws SnapshotException {
    requireName(name);
    requireName(key);
    store.commits().commit(key, name, parent, labels);
  }

  @Override
  public void remove(String key) throws SnapshotException {
    requireName(key);
    store.remove(key);
  }

  @Override
  public SnapshotInfo stat(String key) throws SnapshotException {
    requireName(key);
    return store.get(key).info();
  }

  @Override
  public SnapshotInfo update(String key, Map<String, String> labels, List<String> paths)
      throws SnapshotException {
    requireName(key);
    return store.replaceLabels(key, before -> changed(before, labels, paths)).info();
  }

  private static Map<String, String> changed(
      Map<String, String> before, Map<String, String> labels, List<String> paths)
      throws SnapshotException.InvalidArgument {
    Map<String, String> changed = new HashMap<>(paths.isEmpty() ? labels : before);
    for (String path : paths) {
      if (path.equals(LABELS)) {
        changed.clear();
        changed.putAll(labels);
      } else if (path.startsWith(ONE_LABEL)) {
        String name = path.substring(ONE_LABEL.length());
        changed.put(name, labels.getOrDefault(name, ""));
      } else {
        throw new SnapshotException.InvalidArgument(
            "field " + path + " can't be updated, only labels can");
      }
    }
    return changed;
  }

  @Override
  public List<SnapshotInfo> list(SnapshotFilter filter) throws SnapshotException {
    List<SnapshotInfo> passed = new ArrayList<>();
    for (StoredSnapshot snapshot : store.all()) {
      if (filter.matches(snapshot.info())) {
        passed.add(snapshot.info());
      }
    }
    return passed;
  }

  @Override
  public Usage usage(String key) throws SnapshotException {
    requireName(key);
    StoredSnapshot snapshot = store.get(key);
    return snapshot.remote() ? remote.usage(store.fs(snapshot)) : store.usage(snapshot);
  }

  @Override
  public void cleanup() throws SnapshotException {
    planner.sweep();
    for (Path directory : store.garbage()) {
      remote.unmount(directory.resolve("fs"));
      try {
        TreeRemoval.remove(directory);
      } catch (IOException e) {
        // It stays garbage, and is tried again at the next cleanup.
        log.atWarn()
            .addKeyValue("directory", directory)
            .addKeyValue("error", e.toString())
            .log("can't delete the directory of a removed snapshot");
      }
    }
  }

  private static void requireName(String name) throws SnapshotException.InvalidArgument {
    if (name.isEmpty()) {
      throw new SnapshotException.InvalidArgument("a snapshot's key or name can't be empty");
    }
  }
}
