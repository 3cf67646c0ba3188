package io.loadstar.snapshot;

import io.loadstar.linux.IdMaps;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Each layer is one lower directory of an overlay. Thread-safe.
 *
 * <p>What has nothing to be laid over is a bind mount: an overlay needs a lower directory, and one
 * without an upper needs two.
 */
public final class OverlayMounts implements RootfsPlanner {

  /**
   * Has overlayfs take its notes from user.overlay. attributes, where trusted ones can't be had: in
   * a user namespace. Source: Linux, Documentation/filesystems/overlayfs.rst, "User xattr".
   */
  public static final String USER_XATTRS = "userxattr";

  private final SnapshotStore store;
  private final MappedLowers mapped;
  private final List<String> always;

  /**
   * @param store knows where the layers are
   * @param mapped shows layers to containers in user namespaces
   * @param always options of every overlay, such as {@link #USER_XATTRS}
   */
  public OverlayMounts(SnapshotStore store, MappedLowers mapped, List<String> always) {
    this.store = store;
    this.mapped = mapped;
    this.always = List.copyOf(always);
  }

  @Override
  public List<Mount> plan(StoredSnapshot snapshot, List<StoredSnapshot> parents)
      throws SnapshotException {
    boolean active = snapshot.info().kind() == SnapshotKind.ACTIVE;
    if (parents.isEmpty()) {
      return bind(store.fs(snapshot), active ? "rw" : "ro");
    }
    List<Path> lowers = lowers(snapshot, parents);
    if (!active && lowers.size() == 1) {
      return bind(lowers.getFirst(), "ro");
    }
    List<String> options = new ArrayList<>();
    if (active) {
      options.add("workdir=" + store.work(snapshot));
      options.add("upperdir=" + store.fs(snapshot));
    }
    options.add(
        lowers.stream().map(Path::toString).collect(Collectors.joining(":", "lowerdir=", "")));
    options.addAll(always);
    return List.of(new Mount("overlay", "overlay", options));
  }

  private List<Path> lowers(StoredSnapshot snapshot, List<StoredSnapshot> parents)
      throws SnapshotException {
    Optional<IdMaps> maps = IdLabels.read(snapshot.info().labels());
    return maps.isPresent()
        ? mapped.of(snapshot, parents, maps.get())
        : parents.stream().map(store::fs).toList();
  }

  @Override
  public void sweep() throws SnapshotException {
    mapped.sweep();
  }

  private static List<Mount> bind(Path source, String access) {
    return List.of(new Mount("bind", source.toString(), List.of(access, "rbind")));
  }
}
