package io.loadstar.fs;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.loadstar.cache.ContentStore;
import io.loadstar.layer.Inode;
import io.loadstar.layer.InodeKind;
import io.loadstar.layer.InodeRows;
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
  private final InodeRows inodes;
  private final StateDirectory state;
  private final Totals totals;
  private final boolean xattrs;

  private LayerFileSystem(LazyLayer layer) {
    this.layer = layer;
    this.tree = layer.tree();
    this.inodes = tree.inodes();
    this.state = new StateDirectory(layer, tree.maxInode() + 1);
    this.totals = new Totals(tree.totalBytes(), tree.count());
    this.xattrs = hasXattrs(tree);
  }

  private static boolean hasXattrs(LayerTree tree) {
    for (long number = LayerTree.ROOT; number <= tree.maxInode(); number++) {
      if (tree.inodes().kind(number) != null && tree.inodes().hasXattrs(number)) {
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
    return switch (inodes.kind(directory)) {
      case null -> -Errno.ENOENT;
      case DIRECTORY -> 0;
      case FILE, SYMLINK, CHARACTER_DEVICE, BLOCK_DEVICE, FIFO -> -Errno.ENOTDIR;
    };
  }

  @Override
  public int attributes(long number, AttributeSink sink) {
    InodeKind kind = inodes.kind(number);
    if (kind == null) {
      return state.has(number) ? state.attributes(number, sink) : -Errno.ENOENT;
    }
    boolean device = kind == InodeKind.CHARACTER_DEVICE || kind == InodeKind.BLOCK_DEVICE;
    sink.accept(
        number,
        FileMode.of(inodes, number),
        inodes.linkCount(number),
        inodes.uid(number),
        inodes.gid(number),
        device ? DeviceNumber.of(inodes.major(number), inodes.minor(number)) : 0,
        inodes.size(number),
        inodes.mtimeSeconds(number),
        inodes.mtimeNanos(number));
    return 0;
  }

  @Override
  public int readlink(long number, ByteBuffer destination) {
    if (inodes.kind(number) == InodeKind.SYMLINK) {
      return inodes.putTarget(number, destination);
    }
    return exists(number) ? -Errno.EINVAL : -Errno.ENOENT;
  }

  @Override
  public int getxattr(long number, ByteBuffer name, ByteBuffer destination) {
    Inode inode = withXattrs(number);
    if (inode == null) {
      return exists(number) ? -Errno.ENODATA : -Errno.ENOENT;
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

  /** The inode, if it has any; nearly none has, and an overlay asks for each file. */
  private @Nullable Inode withXattrs(long number) {
    return inodes.kind(number) != null && inodes.hasXattrs(number) ? tree.inode(number) : null;
  }

  @Override
  public int listxattr(long number, ByteBuffer destination) {
    Inode inode = withXattrs(number);
    if (inode == null) {
      return exists(number) ? 0 : -Errno.ENOENT;
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
    if (inodes.kind(directory) != InodeKind.DIRECTORY) {
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
      tree.putEntryName(directory, (int) index, name.clear());
      int mode = FileMode.of(inodes, number);
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
    if (inodes.kind(number) == InodeKind.FILE) {
      if (offset < 0) {
        return -Errno.EINVAL;
      }
      int count = layer.tryRead(number, offset, destination);
      return count == LazyLayer.WOULD_WAIT ? WOULD_WAIT : count;
    }
    return state.has(number) ? state.read(number, offset, destination) : notReadable(number);
  }

  private int notReadable(long number) {
    return switch (inodes.kind(number)) {
      case null -> -Errno.ENOENT;
      case DIRECTORY -> -Errno.EISDIR;
      case FILE, SYMLINK, CHARACTER_DEVICE, BLOCK_DEVICE, FIFO -> -Errno.EINVAL;
    };
  }

  @Override
  public void read(long number, long offset, ByteBuffer destination, ReadCompletion completion) {
    if (inodes.kind(number) == InodeKind.FILE && offset >= 0) {
      layer.read(
          number,
          offset,
          destination,
          (count, failure) -> completion.completed(failure == null ? count : -Errno.EIO));
      return;
    }
    completion.completed(tryRead(number, offset, destination));
  }

  @Override
  public @Nullable BackingFile backing(long number) {
    if (inodes.kind(number) != InodeKind.FILE) {
      return null;
    }
    ContentStore.HeldFile held = layer.holdWhole(number);
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
    return inodes.kind(number) != null || state.has(number);
  }

  @Override
  public Totals totals() {
    return totals;
  }
}
