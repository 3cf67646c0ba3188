package io.loadstar.fs;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.loadstar.cache.ContentStore;
import io.loadstar.layer.Inode;
import io.loadstar.layer.LayerTree;
import io.loadstar.lazy.LazyLayer;
import io.loadstar.linux.DeviceNumber;
import io.loadstar.linux.Errno;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A lazy layer as a file system. Thread-safe; the layer is closed by whoever opened it.
 *
 * <p>Inodes have the tree's numbers. Behind these come the two of the {@link StateDirectory}, which
 * a lookup in the root finds and a listing of the root doesn't show.
 */
public final class LayerFileSystem implements ReadOnlyFileSystem {

  private static final byte[] DOT = {'.'};
  private static final byte[] DOT_DOT = {'.', '.'};

  private final LazyLayer layer;
  private final LayerTree tree;
  private final StateDirectory state;
  private final Totals totals;
  private final boolean xattrs;

  private LayerFileSystem(LazyLayer layer) {
    this.layer = layer;
    this.tree = layer.tree();
    this.state = new StateDirectory(layer, tree.maxInode() + 1);
    this.totals = new Totals(tree.totalBytes(), tree.count());
    this.xattrs = hasXattrs(tree);
  }

  private static boolean hasXattrs(LayerTree tree) {
    for (long number = LayerTree.ROOT; number <= tree.maxInode(); number++) {
      Inode inode = tree.inode(number);
      if (inode != null && !inode.xattrs().isEmpty()) {
        return true;
      }
    }
    return false;
  }

  /**
   * The file system of a layer.
   *
   * @param layer whose tree is an overlay view, if an overlay is to stand on it
   */
  public static LayerFileSystem of(LazyLayer layer) {
    return new LayerFileSystem(layer);
  }

  @Override
  public long lookup(long directory, ByteBuffer name) {
    if (state.has(directory)) {
      return state.lookup(directory, name);
    }
    long found = tree.lookup(directory, name);
    if (found != 0) {
      return found;
    }
    if (directory == ROOT) {
      return state.lookup(directory, name);
    }
    return missingIn(directory);
  }

  /** What a lookup that found nothing is answered with. */
  private long missingIn(long directory) {
    Inode inode = tree.inode(directory);
    if (inode == null) {
      return -Errno.ENOENT;
    }
    return inode instanceof Inode.Directory ? 0 : -Errno.ENOTDIR;
  }

  @Override
  public int attributes(long number, AttributeSink sink) {
    Inode inode = tree.inode(number);
    if (inode == null) {
      return state.has(number) ? state.attributes(number, sink) : -Errno.ENOENT;
    }
    long device =
        inode instanceof Inode.SpecialFile special
            ? DeviceNumber.of(special.major(), special.minor())
            : 0;
    sink.accept(
        number,
        FileMode.of(inode),
        inode.linkCount(),
        inode.attributes().uid(),
        inode.attributes().gid(),
        device,
        inode.size(),
        inode.attributes().mtimeSeconds(),
        inode.attributes().mtimeNanos());
    return 0;
  }

  @Override
  public int readlink(long number, ByteBuffer destination) {
    if (tree.inode(number) instanceof Inode.Symlink link) {
      byte[] target = link.target().getBytes(UTF_8);
      destination.put(target, 0, Math.min(target.length, destination.remaining()));
      return target.length;
    }
    return exists(number) ? -Errno.EINVAL : -Errno.ENOENT;
  }

  @Override
  public int getxattr(long number, ByteBuffer name, ByteBuffer destination) {
    Inode inode = tree.inode(number);
    if (inode == null) {
      return state.has(number) ? -Errno.ENODATA : -Errno.ENOENT;
    }
    if (inode.xattrs().isEmpty()) { // nearly always; an overlay asks for each file
      return -Errno.ENODATA;
    }
    byte[] value = inode.xattrs().get(UTF_8.decode(name.duplicate()).toString());
    if (value == null) {
      return -Errno.ENODATA;
    }
    if (value.length <= destination.remaining()) {
      destination.put(value);
    }
    return value.length;
  }

  @Override
  public int listxattr(long number, ByteBuffer destination) {
    Inode inode = tree.inode(number);
    if (inode == null) {
      return state.has(number) ? 0 : -Errno.ENOENT;
    }
    if (inode.xattrs().isEmpty()) {
      return 0;
    }
    byte[] names = (String.join("\0", inode.xattrs().keySet()) + "\0").getBytes(UTF_8);
    if (names.length <= destination.remaining()) {
      destination.put(names);
    }
    return names.length;
  }

  @Override
  public boolean hasXattrs() {
    return xattrs;
  }

  /** The state file does, and it alone. */
  @Override
  public boolean changes(long number) {
    return number > tree.maxInode() && state.has(number);
  }

  @Override
  public int readdir(long directory, long cookie, DirectorySink sink) {
    if (state.has(directory)) {
      return state.readdir(directory, cookie, sink);
    }
    if (!(tree.inode(directory) instanceof Inode.Directory)) {
      return exists(directory) ? -Errno.ENOTDIR : -Errno.ENOENT;
    }
    if (cookie < 0) {
      return -Errno.EINVAL;
    }
    if (!dots(new Dots(directory, tree.parent(directory)), cookie, sink)) {
      return 0;
    }
    ByteBuffer name = ByteBuffer.allocate(LayerTree.MAX_NAME_BYTES);
    int count = tree.entryCount(directory);
    for (long index = Math.max(cookie, 2) - 2; index < count; index++) {
      long number = tree.entryInode(directory, (int) index);
      Inode inode = tree.inode(number);
      tree.putEntryName(directory, (int) index, name.clear());
      int mode = inode == null ? 0 : FileMode.of(inode);
      if (!sink.entry(number, mode, name.flip(), index + 3)) {
        return 0;
      }
    }
    return 0;
  }

  /**
   * Who "." and ".." are.
   *
   * @param self the directory
   * @param parent what it is in
   */
  record Dots(long self, long parent) {}

  /** The first two entries, those from {@code cookie} on; false if the sink wants no more. */
  static boolean dots(Dots dots, long cookie, DirectorySink sink) {
    if (cookie == 0 && !sink.entry(dots.self, FileMode.DIRECTORY, ByteBuffer.wrap(DOT), 1)) {
      return false;
    }
    return cookie > 1 || sink.entry(dots.parent, FileMode.DIRECTORY, ByteBuffer.wrap(DOT_DOT), 2);
  }

  @Override
  public int tryRead(long number, long offset, ByteBuffer destination) {
    if (tree.inode(number) instanceof Inode.RegularFile file) {
      if (offset < 0) {
        return -Errno.EINVAL;
      }
      int count = layer.tryRead(file, offset, destination);
      return count == LazyLayer.WOULD_WAIT ? WOULD_WAIT : count;
    }
    return state.has(number) ? state.read(number, offset, destination) : notReadable(number);
  }

  private int notReadable(long number) {
    return switch (tree.inode(number)) {
      case null -> -Errno.ENOENT;
      case Inode.Directory _ -> -Errno.EISDIR;
      case Inode.RegularFile _, Inode.Symlink _, Inode.SpecialFile _ -> -Errno.EINVAL;
    };
  }

  @Override
  public void read(long number, long offset, ByteBuffer destination, ReadCompletion completion) {
    if (tree.inode(number) instanceof Inode.RegularFile file && offset >= 0) {
      layer.read(
          file,
          offset,
          destination,
          (count, failure) -> completion.completed(failure == null ? count : -Errno.EIO));
      return;
    }
    completion.completed(tryRead(number, offset, destination));
  }

  @Override
  public @Nullable BackingFile backing(long number) {
    if (!(tree.inode(number) instanceof Inode.RegularFile file)) {
      return null;
    }
    ContentStore.HeldFile held = layer.holdWhole(file);
    return held == null ? null : new StoredFile(held);
  }

  private record StoredFile(ContentStore.HeldFile held) implements BackingFile {

    @Override
    public Path path() {
      return held.path();
    }

    @Override
    public void close() {
      held.close();
    }
  }

  private boolean exists(long number) {
    return tree.inode(number) != null || state.has(number);
  }

  @Override
  public Totals totals() {
    return totals;
  }
}
