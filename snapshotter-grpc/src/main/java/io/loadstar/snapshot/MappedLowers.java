package io.loadstar.snapshot;

import static io.loadstar.linux.Errno.EINVAL;

import io.loadstar.linux.ErrnoException;
import io.loadstar.linux.IdMappedMount;
import io.loadstar.linux.IdMaps;
import io.loadstar.linux.Libc;
import io.loadstar.linux.MountTable;
import io.loadstar.linux.UserNamespace;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lower directories with the owners that containers in user namespaces see: each parent of such a
 * container's snapshot is mounted a second time, with mapped ids, and not a byte is copied.
 * Thread-safe, for platform threads.
 *
 * <p>containerd can do that itself, for a mount with options {@code uidmap} and {@code gidmap}. But
 * from 2.0.9 and 2.1.5 to the last of 2.2 it maps the directory that all lower ones have in common,
 * without what is mounted below it: lazily mounted layers would be empty. 1.6 and 1.7 don't know
 * the options. So it is done here, for all of them.
 *
 * <p>Where the kernel can't map a layer's ids (FUSE before Linux 6.12), the layer is served a
 * second time with other owners, from the same index and store.
 *
 * <p>What is mounted is kept until its snapshot is gone: an overlay that is mounted doesn't need it
 * any more, but nobody says when that is, and it may be mounted again.
 */
public final class MappedLowers {

  private static final Logger log = LoggerFactory.getLogger(MappedLowers.class);

  private final SnapshotStore store;
  private final RemoteFileSystem remote;
  private final KeyedLocks<Path> locks = new KeyedLocks<>();
  private final Map<Path, Made> made = new ConcurrentHashMap<>();

  /**
   * What was mounted for a snapshot.
   *
   * @param served which of them, by number, the remote file system serves
   */
  private record Made(IdMaps maps, Set<Integer> served) {}

  /**
   * @param store knows where the layers are
   * @param remote has mounted those that are lazy
   */
  public MappedLowers(SnapshotStore store, RemoteFileSystem remote) {
    this.store = store;
    this.remote = remote;
  }

  /**
   * The directories of {@code parents}, in their order, with mapped owners.
   *
   * @throws SnapshotException.Storage if they can't be mounted so
   * @throws LayerUnavailableException if one of them can't be read
   */
  List<Path> of(StoredSnapshot snapshot, List<StoredSnapshot> parents, IdMaps maps)
      throws SnapshotException {
    Path place = store.mapped(snapshot);
    try (KeyedLocks.Held _ = locks.hold(place)) {
      if (!isThere(place, parents, maps)) {
        end(place);
        make(place, parents, maps);
      }
    } catch (IOException e) {
      throw new SnapshotException.Storage(
          "snapshot " + snapshot.name() + " can't have mapped owners: " + e.getMessage(), e);
    }
    return places(place, parents.size());
  }

  private static List<Path> places(Path place, int count) {
    List<Path> places = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      places.add(place.resolve(Integer.toString(i)));
    }
    return places;
  }

  /** Looks into the mount table only: a mount of this process must not be asked. */
  private boolean isThere(Path place, List<StoredSnapshot> parents, IdMaps maps)
      throws IOException, LayerUnavailableException {
    Made before = made.get(place);
    if (before == null || !before.maps.equals(maps)) {
      return false;
    }
    MountTable table = MountTable.read();
    for (int i = 0; i < parents.size(); i++) {
      Path lower = place.resolve(Integer.toString(i));
      if (before.served.contains(i)) {
        remote.check(lower);
      } else if (!isMapped(table, lower, parents.get(i))) {
        return false;
      }
    }
    return true;
  }

  private boolean isMapped(MountTable table, Path lower, StoredSnapshot parent) {
    MountTable.Entry mapped = table.at(lower);
    MountTable.Entry layer = table.at(store.fs(parent));
    return mapped != null && (layer == null || mapped.isSameFileSystem(layer));
  }

  private void make(Path place, List<StoredSnapshot> parents, IdMaps maps)
      throws IOException, SnapshotException {
    Set<Integer> served = new HashSet<>();
    Files.createDirectories(place);
    try (UserNamespace namespace = UserNamespace.of(maps)) {
      for (int i = 0; i < parents.size(); i++) {
        Path lower = Files.createDirectory(place.resolve(Integer.toString(i)));
        Path layer = store.fs(parents.get(i));
        try {
          IdMappedMount.make(layer, lower, namespace);
        } catch (ErrnoException e) {
          if (e.errno() != EINVAL || !parents.get(i).remote()) {
            throw e;
          }
          remote.mountMapped(layer, lower, maps);
          served.add(i);
        }
      }
    } catch (IOException | SnapshotException | RuntimeException | Error e) {
      end(place);
      throw e;
    }
    made.put(place, new Made(maps, Set.copyOf(served)));
  }

  /** Ends those of snapshots that were removed. */
  void sweep() throws SnapshotException {
    try {
      for (Path place : store.mappedGarbage()) {
        try (KeyedLocks.Held _ = locks.hold(place)) {
          end(place);
        }
      }
    } catch (IOException e) {
      // They are tried again at the next cleanup.
      log.atWarn()
          .addKeyValue("error", e.toString())
          .log("can't end the mapped layers of a removed snapshot");
    }
  }

  /**
   * Ends all of them, also those of an earlier process; each is made again when it is asked for.
   * Containers that run on them aren't disturbed.
   *
   * @throws IOException if one can't be ended
   */
  public void endAll() throws IOException {
    for (Path place : store.allMapped()) {
      try (KeyedLocks.Held _ = locks.hold(place)) {
        end(place);
      }
    }
  }

  private void end(Path place) throws IOException {
    made.remove(place);
    if (!Files.isDirectory(place)) {
      return;
    }
    Map<Path, Integer> mounted = new HashMap<>();
    for (MountTable.Entry entry : MountTable.read().below(place)) {
      mounted.merge(Path.of(entry.mountPoint()), 1, Integer::sum);
    }
    try (DirectoryStream<Path> lowers = Files.newDirectoryStream(place)) {
      for (Path lower : lowers) {
        remote.unmount(lower);
        for (int i = mounted.getOrDefault(lower, 0); i > 0; i--) {
          detach(lower);
        }
        Files.delete(lower);
      }
    }
    Files.delete(place);
  }

  private static void detach(Path lower) throws IOException {
    try {
      Libc.get().unmount(lower, Libc.MNT_DETACH | Libc.UMOUNT_NOFOLLOW);
    } catch (ErrnoException e) {
      if (e.errno() != EINVAL) { // which says that it isn't mounted any more
        throw e;
      }
    }
  }
}
