package io.loadstar.snapshot;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Where snapshots lie on disk; the only class that knows. Immutable.
 *
 * <pre>
 * &lt;root&gt;/snapshotter/          0700
 *   metadata.db               which of the directories below are in use, and as what
 *   snapshots/                0700
 *     new-&lt;random&gt;/           being made; one that is found at start is left over
 *     old-&lt;id&gt;-&lt;random&gt;/      left over, and in the way of a new one
 *     &lt;id&gt;/                   0700
 *       fs/                   0755, owned as the parent's: what the snapshot itself holds, or the
 *                             mount point of a lazy layer
 *       work/                 0711, of active snapshots: the overlay's
 *       unpacked/             what becomes fs/ once a layer is unpacked and verified
 *       discarded/            what that layer replaced of its own; goes with unpacked/
 *   mapped/                   0700
 *     &lt;id&gt;/&lt;number&gt;/         the snapshot's parents, the nearest first, mounted with mapped owners.
 *                             Not below snapshots/, whose trees are deleted with all that is in them
 * </pre>
 */
final class SnapshotDirectories {

  private static final String NEW = "new-";
  private static final String OLD = "old-";

  private final Path base;
  private final Path snapshots;
  private final Path mapped;

  private SnapshotDirectories(Path base) {
    this.base = base;
    this.snapshots = base.resolve("snapshots");
    this.mapped = base.resolve("mapped");
  }

  /**
   * Opens {@code <root>/snapshotter}, and makes it if it isn't there.
   *
   * @throws IOException if it can't be made, or if its path can't be told to overlayfs
   */
  static SnapshotDirectories open(Path root) throws IOException {
    // As the kernel's mount table shows it: without symbolic links.
    Path base = Files.createDirectories(root).toRealPath().resolve("snapshotter");
    if (base.toString().chars().anyMatch(c -> c == ':' || c == ',' || c == '\\')) {
      throw new IOException(
          root + ": a path with a colon, comma or backslash can't be an overlay's directory");
    }
    SnapshotDirectories directories = new SnapshotDirectories(base);
    Files.createDirectories(base);
    setMode(base, "rwx------");
    Files.createDirectories(directories.snapshots);
    setMode(directories.snapshots, "rwx------");
    Files.createDirectories(directories.mapped);
    setMode(directories.mapped, "rwx------");
    return directories;
  }

  /**
   * Where the snapshot of this number is, or would be, mounted by a daemon that keeps its snapshots
   * in {@code root}.
   *
   * @throws IOException if there is no such directory
   */
  static Path fsOf(Path root, long id) throws IOException {
    return new SnapshotDirectories(root.toRealPath().resolve("snapshotter")).fs(id);
  }

  Path database() {
    return base.resolve("metadata.db");
  }

  Path all() {
    return snapshots;
  }

  /** Who a snapshot without a parent belongs to: who runs this. */
  Owner owner() throws IOException {
    return ownerOf(snapshots);
  }

  Path of(long id) {
    return snapshots.resolve(Long.toString(id));
  }

  Path mapped(long id) {
    return mapped.resolve(Long.toString(id));
  }

  List<Path> allMapped() throws IOException {
    return entries(mapped);
  }

  private static List<Path> entries(Path directory) throws IOException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      List<Path> all = new ArrayList<>();
      entries.forEach(all::add);
      return all;
    }
  }

  Path fs(long id) {
    return of(id).resolve("fs");
  }

  Path work(long id) {
    return of(id).resolve("work");
  }

  /** What a snapshot takes now, or took when it was committed. */
  Usage usage(StoredSnapshot snapshot) throws SnapshotException.Storage {
    if (snapshot.info().kind() == SnapshotKind.COMMITTED) {
      return snapshot.usage();
    }
    Path fs = fs(snapshot.id());
    try {
      return DiskUsage.of(fs);
    } catch (IOException e) {
      throw new SnapshotException.Storage("measure " + fs + ": " + e.getMessage(), e);
    }
  }

  /** Makes a directory that has no name of its own yet. Nothing is forced to disk. */
  Path makeNew(SnapshotKind kind, Owner owner) throws IOException {
    Path made = Files.createTempDirectory(snapshots, NEW);
    makeContent(made, kind, owner);
    return made;
  }

  private static void makeContent(Path directory, SnapshotKind kind, Owner owner)
      throws IOException {
    Path fs = directory.resolve("fs");
    if (!hasFs(directory)) {
      Files.createDirectory(fs);
      setMode(fs, "rwxr-xr-x");
      giveTo(owner, fs);
    }
    if (kind == SnapshotKind.ACTIVE) {
      setMode(Files.createDirectories(directory.resolve("work")), "rwx--x--x");
    }
  }

  /**
   * Gives {@code made} its name. What has that name already belongs to nobody, since the id is new:
   * it is moved out of the way.
   */
  void publish(Path made, long id) throws IOException {
    Path target = of(id);
    if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
      Path aside = Files.createTempDirectory(snapshots, OLD + id + "-");
      Files.move(target, aside, StandardCopyOption.ATOMIC_MOVE);
    }
    Files.move(made, target, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Forces to disk that a snapshot has its directory, and what was made in that. */
  void force(long id) throws IOException {
    force(of(id));
    force(snapshots);
  }

  /** Makes what is missing of a directory that should be there. */
  void repair(StoredSnapshot snapshot) throws IOException {
    makeContent(
        Files.createDirectories(of(snapshot.id())), snapshot.info().kind(), snapshot.owner());
    setMode(of(snapshot.id()), "rwx------");
    force(snapshot.id());
  }

  /** Whether everything of the snapshot is there that {@link #makeNew} made. */
  boolean isWhole(StoredSnapshot snapshot) throws IOException {
    boolean work =
        snapshot.info().kind() != SnapshotKind.ACTIVE || Files.isDirectory(work(snapshot.id()));
    return work && hasFs(of(snapshot.id()));
  }

  /** Looked for by name: a mount point of ours must not be asked. */
  private static boolean hasFs(Path directory) throws IOException {
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, "fs")) {
      return entries.iterator().hasNext();
    }
  }

  /**
   * Makes the two directories that a layer is unpacked into.
   *
   * @param owner of the first, as of fs/
   */
  Unpacking makeUnpacking(long id, Owner owner) throws IOException {
    Unpacking made = new Unpacking(of(id).resolve("unpacked"), of(id).resolve("discarded"));
    Files.createDirectory(made.content());
    setMode(made.content(), "rwxr-xr-x");
    giveTo(owner, made.content());
    Files.createDirectory(made.discarded());
    return made;
  }

  /** Where a layer is being unpacked. */
  record Unpacking(Path content, Path discarded) {}

  /** Puts what was unpacked in the place of the empty fs/, durably. */
  void adopt(long id, Unpacking unpacking) throws IOException {
    Files.move(unpacking.content(), fs(id), StandardCopyOption.ATOMIC_MOVE);
    force(of(id));
    TreeRemoval.remove(unpacking.discarded());
  }

  /** Takes away what is left of unpacking a layer. */
  void drop(Unpacking unpacking) throws IOException {
    TreeRemoval.remove(unpacking.content());
    TreeRemoval.remove(unpacking.discarded());
  }

  private static void giveTo(Owner owner, Path directory) throws IOException {
    if (!owner.equals(ownerOf(directory))) {
      Files.setAttribute(directory, "unix:uid", owner.uid(), LinkOption.NOFOLLOW_LINKS);
      Files.setAttribute(directory, "unix:gid", owner.gid(), LinkOption.NOFOLLOW_LINKS);
    }
  }

  /** All directories but those of the snapshots {@code ids}. */
  List<Path> allBut(Set<Long> ids) throws IOException {
    return entries(snapshots).stream().filter(entry -> !isOneOf(ids, entry)).toList();
  }

  /** Whether a directory is called by one of these numbers. */
  static boolean isOneOf(Set<Long> ids, Path directory) {
    try {
      return ids.contains(Long.parseLong(directory.getFileName().toString()));
    } catch (NumberFormatException e) {
      return false;
    }
  }

  /** Who owns a directory that isn't a mount point. */
  static Owner ownerOf(Path directory) throws IOException {
    return new Owner(
        (Integer) Files.getAttribute(directory, "unix:uid", LinkOption.NOFOLLOW_LINKS),
        (Integer) Files.getAttribute(directory, "unix:gid", LinkOption.NOFOLLOW_LINKS));
  }

  private static void setMode(Path directory, String mode) throws IOException {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(mode));
  }

  private static void force(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
