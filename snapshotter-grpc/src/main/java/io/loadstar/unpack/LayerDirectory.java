package io.loadstar.unpack;

import io.loadstar.blob.MalformedBlobException;
import io.loadstar.layer.OverlayXattrs;
import io.loadstar.linux.DeviceNumber;
import io.loadstar.linux.DirectoryHandle;
import io.loadstar.linux.Errno;
import io.loadstar.linux.ErrnoException;
import io.loadstar.linux.FileStatus;
import io.loadstar.tar.EntryName;
import io.loadstar.tar.TarEntry;
import io.loadstar.tar.TarReader;
import io.loadstar.tar.TarType;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A directory into which a layer's entries are put, one after the other, as containerd's own
 * unpacking for overlayfs leaves them. Not thread-safe.
 *
 * <p>An entry takes the place of what an earlier one of the same layer left there, unless both are
 * directories. Whiteouts become character devices 0:0, opaque directories get their attribute; both
 * mean nothing in an image's lowest layer. Every name is resolved with this directory as the root
 * of all links, so that nothing is reached outside of it.
 *
 * <p>A directory that the layer goes through but has no entry for takes its attributes from the
 * layers below, which aren't looked at here: such a layer is refused, unless it is the lowest.
 */
final class LayerDirectory {

  private static final String WHITEOUT = ".wh.";
  private static final String AUFS = ".wh..wh.";
  private static final String OPAQUE = ".wh..wh..opq";

  /** No layer may say what only overlayfs says; containerd refuses them as well. */
  private static final String TRUSTED = "trusted.";

  private static final int MAX_ENTRIES = 8_000_000;
  private static final int MAX_DIRECTORIES = 250_000;
  private static final int PERMISSIONS = 07777;
  private static final int USUAL_PERMISSIONS = 0755;
  private static final long MAX_ID = 0xffff_fffeL;
  private static final long MAX_DEVICE = 0xffff_ffffL;
  private static final int COPY_BUFFER = 1 << 16;

  private final DirectoryHandle root;
  private final DirectoryHandle discarded;
  private final Manner manner;
  private final SpaceMeter space;
  private final Parents parents;
  private final List<Directory> directories = new ArrayList<>();
  private final Set<String> implied = new LinkedHashSet<>();
  private final byte[] buffer = new byte[COPY_BUFFER];
  private long entries;
  private long discards;

  private record Directory(String path, Instant mtime) {}

  /** Where a layer is in its image. */
  enum Position {
    LOWEST,
    ABOVE_OTHERS
  }

  /**
   * How it is unpacked.
   *
   * @param xattrs where overlayfs looks for its notes
   */
  record Manner(Position position, OverlayXattrs xattrs) {}

  /**
   * @param root gets the entries; belongs to the caller
   * @param discarded gets what is replaced; on the same file system, belongs to the caller
   * @param space is told what is written
   */
  LayerDirectory(DirectoryHandle root, DirectoryHandle discarded, Manner manner, SpaceMeter space) {
    this.root = root;
    this.discarded = discarded;
    this.manner = manner;
    this.space = space;
    this.parents = new Parents(root, this::imply);
  }

  /**
   * Puts all entries of {@code tar} here.
   *
   * @throws NotUnpackableException if the layer can't be unpacked without those below
   * @throws IOException if the tar can't be read, or the kernel refuses something
   */
  void fill(TarReader tar) throws IOException {
    try (parents) {
      TarEntry entry = tar.next();
      while (entry != null) {
        entries++;
        if (entries > MAX_ENTRIES) {
          throw new NotUnpackableException("more than " + MAX_ENTRIES + " entries");
        }
        space.take(0);
        put(entry, tar);
        entry = tar.next();
      }
    }
    if (manner.position() == Position.ABOVE_OTHERS && !implied.isEmpty()) {
      throw new NotUnpackableException(
          "it has no entry for the directory " + implied.iterator().next() + " that it puts into");
    }
    setTimesOfDirectories();
  }

  private void put(TarEntry entry, TarReader tar) throws IOException {
    List<String> path = EntryName.components(entry.name());
    if (path.isEmpty()) {
      putRoot(entry);
      return;
    }
    if (isAufs(path)) {
      return;
    }
    String name = path.getLast();
    DirectoryHandle parent = parents.of(path);
    if (name.equals(OPAQUE)) {
      if (manner.position() == Position.ABOVE_OTHERS) {
        parent.setXattr(".", manner.xattrs().opaque(), new byte[] {'y'});
      }
    } else if (name.startsWith(WHITEOUT)) {
      putWhiteout(entry, parent, name.substring(WHITEOUT.length()));
    } else {
      putEntry(entry, parent, name, tar);
    }
  }

  /** What AUFS kept beside a layer's files, in its topmost directory. */
  private static boolean isAufs(List<String> path) {
    return path.getFirst().startsWith(AUFS) && !path.getFirst().equals(OPAQUE);
  }

  private void putRoot(TarEntry entry) throws IOException {
    if (entry.type() != TarType.DIRECTORY) {
      throw new MalformedBlobException("the layer's root isn't a directory", tarOffset(entry));
    }
    setAttributes(entry, root, ".");
    remember(entry, "");
  }

  private void putWhiteout(TarEntry entry, DirectoryHandle parent, String hidden)
      throws IOException {
    if (hidden.isEmpty() || hidden.equals(".") || hidden.equals("..")) {
      throw new MalformedBlobException("a whiteout of nothing: " + entry.name(), tarOffset(entry));
    }
    if (manner.position() == Position.LOWEST) {
      discard(parent, hidden);
      return;
    }
    parent.makeNode(hidden, FileStatus.S_IFCHR, 0);
    parent.giveTo(hidden, uid(entry), gid(entry));
  }

  private void putEntry(TarEntry entry, DirectoryHandle parent, String name, TarReader tar)
      throws IOException {
    Optional<FileStatus> there = parent.status(name);
    boolean directory = entry.type() == TarType.DIRECTORY;
    boolean merges = directory && there.isPresent() && there.get().isDirectory();
    if (there.isPresent() && !merges) {
      discard(parent, name);
    }
    if (!merges) {
      make(entry, parent, name, tar);
    }
    setAttributes(entry, parent, name);
    if (directory) {
      String path = EntryName.clean(entry.name());
      implied.remove(path);
      remember(entry, path);
    } else {
      parent.setTimes(name, entry.mtime());
    }
  }

  private void make(TarEntry entry, DirectoryHandle parent, String name, TarReader tar)
      throws IOException {
    switch (entry.type()) {
      case DIRECTORY -> parent.makeDirectory(name, USUAL_PERMISSIONS);
      case REGULAR -> write(parent, name, tar);
      case SYMLINK -> parent.makeSymlink(name, entry.linkName());
      case HARDLINK -> link(entry, parent, name);
      case FIFO -> parent.makeNode(name, FileStatus.S_IFIFO, 0);
      case CHARACTER_DEVICE -> parent.makeNode(name, FileStatus.S_IFCHR, device(entry));
      case BLOCK_DEVICE -> parent.makeNode(name, FileStatus.S_IFBLK, device(entry));
    }
  }

  private void write(DirectoryHandle parent, String name, TarReader tar) throws IOException {
    try (OutputStream out = parent.makeFile(name)) {
      int count = tar.read(buffer, 0, buffer.length);
      while (count >= 0) {
        space.take(count);
        out.write(buffer, 0, count);
        count = tar.read(buffer, 0, buffer.length);
      }
    }
  }

  private void link(TarEntry entry, DirectoryHandle parent, String name) throws IOException {
    List<String> target = EntryName.components(entry.linkName());
    if (target.isEmpty()) {
      throw new MalformedBlobException(entry.name() + ": a link to the root", tarOffset(entry));
    }
    String directory = String.join("/", target.subList(0, target.size() - 1));
    try (DirectoryHandle from = root.openBeneath(directory)) {
      parent.link(from, target.getLast(), name);
    } catch (ErrnoException e) {
      if (e.errno() == Errno.ENOENT) {
        throw new MalformedBlobException(
            entry.name() + ": a link to " + entry.linkName() + ", which isn't in the layer",
            tarOffset(entry));
      }
      throw e;
    }
  }

  /** In containerd's order: chown takes bits away that chmod then gives again. */
  private void setAttributes(TarEntry entry, DirectoryHandle parent, String name)
      throws IOException {
    parent.giveTo(name, uid(entry), gid(entry));
    for (var xattr : entry.xattrs().entrySet()) {
      if (!xattr.getKey().startsWith(TRUSTED)) {
        setXattr(parent, name, xattr.getKey(), xattr.getValue());
      }
    }
    if (!isSymlink(entry, parent, name)) {
      parent.permit(name, (int) (entry.owner().mode() & PERMISSIONS));
    }
  }

  private static boolean isSymlink(TarEntry entry, DirectoryHandle parent, String name)
      throws IOException {
    return switch (entry.type()) {
      case SYMLINK -> true;
      case HARDLINK -> parent.status(name).map(FileStatus::isSymlink).orElse(true);
      case REGULAR, DIRECTORY, FIFO, CHARACTER_DEVICE, BLOCK_DEVICE -> false;
    };
  }

  private static void setXattr(DirectoryHandle parent, String name, String key, byte[] value)
      throws IOException {
    try {
      parent.setXattr(name, key, value);
    } catch (ErrnoException e) {
      if (e.errno() != Errno.EOPNOTSUPP) {
        throw e;
      }
    }
  }

  /** What was put in later would have changed them. */
  private void setTimesOfDirectories() throws IOException {
    for (Directory directory : directories) {
      try (DirectoryHandle handle = root.openBeneath(directory.path())) {
        handle.setTimes(".", directory.mtime());
      } catch (ErrnoException e) {
        if (e.errno() != Errno.ENOENT && e.errno() != Errno.ENOTDIR) {
          throw e;
        }
        // Replaced by a later entry.
      }
    }
  }

  private void remember(TarEntry entry, String path) throws NotUnpackableException {
    directories.add(new Directory(path, entry.mtime()));
    requireFewDirectories();
  }

  private void imply(String path) throws NotUnpackableException {
    implied.add(path);
    requireFewDirectories();
  }

  /** They are kept in memory to the end. */
  private void requireFewDirectories() throws NotUnpackableException {
    if (directories.size() + implied.size() > MAX_DIRECTORIES) {
      throw new NotUnpackableException("more than " + MAX_DIRECTORIES + " directories");
    }
  }

  private void discard(DirectoryHandle parent, String name) throws IOException {
    if (parent.status(name).isPresent()) {
      parents.forget();
      parent.move(name, discarded, Long.toString(discards++));
    }
  }

  private static int uid(TarEntry entry) throws MalformedBlobException {
    return id(entry, entry.owner().uid());
  }

  private static int gid(TarEntry entry) throws MalformedBlobException {
    return id(entry, entry.owner().gid());
  }

  private static int id(TarEntry entry, long id) throws MalformedBlobException {
    if (id < 0 || id > MAX_ID) {
      throw new MalformedBlobException(
          entry.name() + ": " + id + " isn't a user or group", tarOffset(entry));
    }
    return (int) id;
  }

  private static long device(TarEntry entry) throws MalformedBlobException {
    long major = entry.device().major();
    long minor = entry.device().minor();
    if (major < 0 || major > MAX_DEVICE || minor < 0 || minor > MAX_DEVICE) {
      throw new MalformedBlobException(
          entry.name() + ": no such device: " + major + ":" + minor, tarOffset(entry));
    }
    return DeviceNumber.of((int) major, (int) minor);
  }

  private static long tarOffset(TarEntry entry) {
    return entry.headers().offset();
  }
}
