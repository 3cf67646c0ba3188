package io.loadstar.snapshot;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers a Prepare that names its target: by finding it, by mounting it lazily, by unpacking it,
 * or with an ordinary active snapshot, the first of these that can be. Thread-safe.
 *
 * <p>containerd asks once for each of its namespaces, and may ask for one target from several pulls
 * at once: there is one mount for all, since whoever comes later waits for the first and then finds
 * it.
 *
 * <p>A target is named by its chain ID, which a manifest's author writes and nobody has checked
 * when a layer is mounted lazily. So a lazily mounted layer is only shared with who asks for the
 * same TOC digest too: a chain ID claimed by one image doesn't put its content into another. (The
 * TOC is a part of the uncompressed layer, so honest images with one chain ID have one TOC digest.)
 * What containerd has unpacked itself it has also checked.
 */
public final class RemotePreparation {

  private static final Logger log = LoggerFactory.getLogger(RemotePreparation.class);
  private static final String OUTCOME = "remote-snapshot-prepared";

  private final SnapshotStore store;
  private final RemoteFileSystem remote;
  private final LayerUnpacker unpacker;
  private final KeyedLocks<Target> locks = new KeyedLocks<>();
  private final LongAdder shared = new LongAdder();
  private final LongAdder mounted = new LongAdder();
  private final LongAdder unpacked = new LongAdder();
  private final LongAdder ordinary = new LongAdder();

  RemotePreparation(SnapshotStore store, RemoteFileSystem remote, LayerUnpacker unpacker) {
    this.store = store;
    this.remote = remote;
    this.unpacker = unpacker;
  }

  Counts counts() {
    return new Counts(shared.sum(), mounted.sum(), unpacked.sum(), ordinary.sum());
  }

  /**
   * @return the ordinary active snapshot that it became
   * @throws SnapshotException.AlreadyExists if the target is there, committed
   */
  StoredSnapshot prepare(String key, String parent, Map<String, String> labels)
      throws SnapshotException {
    Target target = new Target(labels.getOrDefault(SnapshotLabel.REF, ""), parent);
    try (KeyedLocks.Held _ = locks.hold(target)) {
      return prepareAlone(key, target, NamespacedKey.labelled(key, labels));
    }
  }

  private StoredSnapshot prepareAlone(String key, Target target, Map<String, String> labels)
      throws SnapshotException {
    List<StoredSnapshot> there = store.committedAs(target.ref(), target.parent());
    boolean usable = there.size() == 1 && isSame(there.getFirst(), labels);
    if (usable) {
      shared.increment();
      logPrepared(key, target, "shared");
      throw exists(target);
    }
    StoredSnapshot active = store.createMountPoint(key, target.parent(), labels);
    if (!there.isEmpty()) {
      // containerd takes any committed snapshot with this ref and parent for the target.
      store.keep(active);
      return ordinary(
          active,
          "a snapshot of that chain ID but another TOC digest is there",
          "it is in the way");
    }
    Owner owner;
    try {
      owner = mount(active, labels);
    } catch (NotLazyException e) {
      store.keep(active);
      return unpacked(active, target, oneLine(e));
    }
    commit(active, target, owner);
    mounted.increment();
    logPrepared(key, target, "mounted");
    throw exists(target);
  }

  /**
   * Unpacks what can't be lazy.
   *
   * @return what it is if it can't be unpacked either
   * @throws SnapshotException.AlreadyExists if it could
   */
  private StoredSnapshot unpacked(StoredSnapshot active, Target target, String notLazy)
      throws SnapshotException {
    try {
      String below = parentRef(target);
      store
          .commits()
          .commitFilled(
              active,
              nameOf(target, active),
              noted(active.info().labels(), Preparation.UNPACKED, notLazy),
              (content, discarded) ->
                  unpacker.unpack(
                      new LayerUnpacker.Request(
                          content, discarded, active.info().labels(), below)));
    } catch (NotUnpackedException e) {
      return ordinary(active, notLazy, oneLine(e));
    } catch (SnapshotException | RuntimeException | Error e) {
      undo(active, store.fs(active), e);
      throw e;
    }
    unpacked.increment();
    log.atInfo()
        .addKeyValue("key", active.name())
        .addKeyValue("parent", target.parent())
        .addKeyValue(OUTCOME, "true")
        .addKeyValue("how", "unpacked")
        .addKeyValue("reason", notLazy)
        .log("prepared remote snapshot");
    throw exists(target);
  }

  /** The chain ID of the layer below, with which that of a layer can be checked. */
  private String parentRef(Target target) throws SnapshotException, NotUnpackedException {
    if (target.parent().isEmpty()) {
      return "";
    }
    String ref = store.get(target.parent()).info().labels().getOrDefault(SnapshotLabel.REF, "");
    if (ref.isEmpty()) {
      throw new NotUnpackedException("the layer below has no chain ID");
    }
    return ref;
  }

  private static Map<String, String> noted(
      Map<String, String> labels, Preparation outcome, String reason) {
    Map<String, String> noted = new HashMap<>(labels);
    noted.put(SnapshotLabel.PREPARED, outcome.label());
    int length = Math.min(reason.length(), SnapshotLabel.MAX_REASON);
    noted.put(SnapshotLabel.REASON, reason.substring(0, length));
    return noted;
  }

  private static String nameOf(Target target, StoredSnapshot active) {
    return target.ref() + "@" + active.id();
  }

  private static String oneLine(Exception e) {
    Throwable cause = e.getCause();
    String reason = String.valueOf(e.getMessage());
    String whole =
        cause == null || reason.equals(cause.getMessage())
            ? reason
            : reason + ": " + cause.getMessage();
    return whole.lines().findFirst().orElse("unknown");
  }

  private static boolean isSame(StoredSnapshot there, Map<String, String> labels) {
    String asked = labels.getOrDefault(SnapshotLabel.TOC_DIGEST, "");
    String given = there.info().labels().getOrDefault(SnapshotLabel.TOC_DIGEST, "");
    return !there.remote() || given.equals(asked);
  }

  private Owner mount(StoredSnapshot active, Map<String, String> labels)
      throws SnapshotException, NotLazyException {
    Path mountPoint = store.fs(active);
    try {
      return remote.mount(mountPoint, labels);
    } catch (RuntimeException | Error e) {
      undo(active, mountPoint, e);
      throw e;
    }
  }

  private void commit(StoredSnapshot active, Target target, Owner owner) throws SnapshotException {
    try {
      store.commits().commitRemote(active.name(), nameOf(target, active), owner);
    } catch (SnapshotException | RuntimeException | Error e) {
      undo(active, store.fs(active), e);
      throw e;
    }
  }

  private void undo(StoredSnapshot active, Path mountPoint, Throwable cause) {
    remote.unmount(mountPoint);
    try {
      store.remove(active.name());
    } catch (SnapshotException e) {
      cause.addSuppressed(e);
    }
  }

  private StoredSnapshot ordinary(StoredSnapshot active, String notLazy, String notUnpacked)
      throws SnapshotException {
    ordinary.increment();
    log.atInfo()
        .addKeyValue("key", active.name())
        .addKeyValue("parent", active.info().parent())
        .addKeyValue(OUTCOME, "false")
        .addKeyValue("reason", notLazy)
        .addKeyValue("notUnpacked", notUnpacked)
        .log("layer isn't mounted lazily, containerd unpacks it");
    return store.replaceLabels(
        active.name(), labels -> noted(labels, Preparation.ORDINARY, notLazy));
  }

  private static void logPrepared(String key, Target target, String how) {
    log.atInfo()
        .addKeyValue("key", key)
        .addKeyValue("parent", target.parent())
        .addKeyValue(OUTCOME, "true")
        .addKeyValue("how", how)
        .log("prepared remote snapshot");
  }

  private static SnapshotException exists(Target target) {
    return new SnapshotException.AlreadyExists(
        "target snapshot " + target.ref() + " already exists");
  }

  /**
   * How many Prepares with a target ended which way.
   *
   * @param shared found their target
   * @param mounted mounted it lazily
   * @param unpacked unpacked it here
   * @param ordinary became ordinary snapshots
   */
  public record Counts(long shared, long mounted, long unpacked, long ordinary) {}

  private record Target(String ref, String parent) {}
}
