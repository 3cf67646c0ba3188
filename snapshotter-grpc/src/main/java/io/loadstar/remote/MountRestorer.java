package io.loadstar.remote;

import io.loadstar.linux.ErrnoException;
import io.loadstar.linux.Libc;
import io.loadstar.linux.MountTable;
import io.loadstar.snapshot.SnapshotException;
import io.loadstar.snapshot.SnapshotStore;
import io.loadstar.snapshot.StoredSnapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Mounts at start what an earlier process had mounted. Thread-safe; the executor, whose threads are
 * platform threads, belongs to who made it.
 */
public final class MountRestorer {

  private static final Logger log = LoggerFactory.getLogger(MountRestorer.class);

  private final SnapshotStore store;
  private final LazyRemoteFileSystem remote;
  private final ExecutorService executor;

  /**
   * @param store knows which snapshots are remote
   * @param remote mounts them
   * @param executor on which that is done, several at once
   */
  public MountRestorer(SnapshotStore store, LazyRemoteFileSystem remote, ExecutorService executor) {
    this.store = store;
    this.remote = remote;
    this.executor = executor;
  }

  /**
   * Ends the mounts that a killed process left, and mounts every remote snapshot again. One that
   * can't be mounted stays an empty directory that {@link LazyRemoteFileSystem#check} tries again.
   *
   * @throws IOException if the mount table or the snapshots can't be read
   */
  public void restore() throws IOException {
    detachLeftovers();
    List<CompletableFuture<Void>> mounts = new ArrayList<>();
    for (StoredSnapshot snapshot : snapshots()) {
      if (snapshot.remote()) {
        mounts.add(CompletableFuture.runAsync(() -> restore(snapshot), executor));
      }
    }
    CompletableFuture.allOf(mounts.toArray(new CompletableFuture<?>[0])).join();
    remote.forgetOthers();
    if (!mounts.isEmpty()) {
      log.atInfo()
          .addKeyValue("snapshots", mounts.size())
          .addKeyValue("mounted", remote.mounts())
          .log("restored remote snapshots");
    }
  }

  private List<StoredSnapshot> snapshots() throws IOException {
    try {
      return store.all();
    } catch (SnapshotException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private void restore(StoredSnapshot snapshot) {
    Optional<String> failure;
    try {
      failure = remote.restore(store.fs(snapshot), snapshot.info().labels());
    } catch (RuntimeException e) {
      failure = Optional.of(e.toString()); // the others are mounted all the same
    }
    if (failure.isPresent()) {
      log.atError()
          .addKeyValue("key", snapshot.name())
          .addKeyValue("error", failure.get())
          .log("failed to restore remote snapshot");
    }
  }

  /** Only what is ours is ended: FUSE mounts below the snapshots. Nothing of them is touched. */
  private void detachLeftovers() throws IOException {
    List<MountTable.Entry> left = MountTable.read().below(store.snapshotsDirectory());
    for (MountTable.Entry entry : left.reversed()) {
      if (!entry.isFuse()) {
        continue;
      }
      try {
        Libc.get().unmount(Path.of(entry.mountPoint()), Libc.MNT_DETACH | Libc.UMOUNT_NOFOLLOW);
      } catch (ErrnoException e) {
        log.atError()
            .addKeyValue("mountPoint", entry.mountPoint())
            .addKeyValue("error", e.getMessage())
            .log("can't end what an earlier daemon left mounted");
      }
    }
  }
}
