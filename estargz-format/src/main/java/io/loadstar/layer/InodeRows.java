package io.loadstar.layer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A layer's inodes by number, as its index has them. Immutable, thread-safe; asking for one of
 * their properties allocates nothing. But for {@link #kind}, a number must be one that the layer
 * has.
 */
public final class InodeRows {

  /** What stands in a row's first byte. */
  static final byte NONE = 0;

  static final byte DIRECTORY = 1;
  static final byte FILE = 2;
  static final byte SYMLINK = 3;
  static final byte CHARACTER_DEVICE = 4;
  static final byte BLOCK_DEVICE = 5;
  static final byte FIFO = 6;

  /** By the first byte of a row. */
  private static final @Nullable InodeKind[] KINDS = {
    null,
    InodeKind.DIRECTORY,
    InodeKind.FILE,
    InodeKind.SYMLINK,
    InodeKind.CHARACTER_DEVICE,
    InodeKind.BLOCK_DEVICE,
    InodeKind.FIFO
  };

  private static final SortedMap<String, byte[]> NO_XATTRS = Collections.emptySortedMap();

  private final ByteBuffer index;
  private final int count;
  private final int inodesAt;
  private final int textAt;

  InodeRows(ByteBuffer index, IndexLayout layout) {
    this.index = index;
    this.count = layout.inodes();
    this.inodesAt = layout.inodesAt();
    this.textAt = layout.textAt();
  }

  long max() {
    return count - 1L;
  }

  byte type(long number) {
    return number > 0 && number < count ? index.get(at(number)) : NONE;
  }

  /** What an inode is; null if the layer has none of this number. */
  public @Nullable InodeKind kind(long number) {
    byte type = type(number);
    return type < KINDS.length && type > 0 ? KINDS[type] : null;
  }

  boolean isDirectory(long number) {
    return type(number) == DIRECTORY;
  }

  private int at(long number) {
    return inodesAt + (int) number * IndexLayout.INODE;
  }

  /** The twelve permission bits. */
  public int permissions(long number) {
    return index.getShort(at(number) + 2);
  }

  /** How many names it has; of a directory, 2 and one for each directory in it. */
  public int linkCount(long number) {
    return index.getInt(at(number) + 4);
  }

  /** Owner, as an unsigned 32-bit number. */
  public int uid(long number) {
    return index.getInt(at(number) + 8);
  }

  /** Group, as an unsigned 32-bit number. */
  public int gid(long number) {
    return index.getInt(at(number) + 12);
  }

  /** Last change of the content, seconds since 1970. */
  public long mtimeSeconds(long number) {
    return index.getLong(at(number) + 16);
  }

  /** The fraction of that, 0 to 999,999,999. */
  public int mtimeNanos(long number) {
    return index.getInt(at(number) + 24);
  }

  /** Whether it has extended attributes. */
  public boolean hasXattrs(long number) {
    return index.getInt(at(number) + 28) != 0;
  }

  /** As {@link Inode#size}. */
  public long size(long number) {
    return index.getLong(at(number) + 32);
  }

  /** A directory's first entry, a file's first chunk, a device's major number, a target's place. */
  int first(long number) {
    return index.getInt(at(number) + 40);
  }

  /** How many entries or chunks, a device's minor number, a target's length. */
  int second(long number) {
    return index.getInt(at(number) + 44);
  }

  /** A directory's parent, the number of a file's digest. */
  int third(long number) {
    return index.getInt(at(number) + 48);
  }

  /** The inode of this number, made anew; null if there is none. */
  @Nullable Inode inode(long number, ChunkRows chunks) {
    byte type = type(number);
    if (type == NONE) {
      return null;
    }
    Attributes attributes =
        new Attributes(
            permissions(number),
            uid(number),
            gid(number),
            mtimeSeconds(number),
            mtimeNanos(number));
    int links = linkCount(number);
    SortedMap<String, byte[]> xattrs = xattrs(number);
    return switch (type) {
      case DIRECTORY -> new Inode.Directory(number, attributes, links, xattrs);
      case FILE ->
          new Inode.RegularFile(
              number,
              attributes,
              links,
              xattrs,
              size(number),
              chunks.chunks(first(number), second(number)),
              chunks.digestAt(third(number)));
      case SYMLINK -> new Inode.Symlink(number, attributes, links, xattrs, target(number));
      default ->
          new Inode.SpecialFile(
              number, attributes, links, xattrs, special(type), first(number), second(number));
    };
  }

  private static Inode.SpecialType special(byte type) {
    return switch (type) {
      case CHARACTER_DEVICE -> Inode.SpecialType.CHARACTER_DEVICE;
      case BLOCK_DEVICE -> Inode.SpecialType.BLOCK_DEVICE;
      default -> Inode.SpecialType.FIFO;
    };
  }

  private String target(long number) {
    return text(first(number), second(number));
  }

  /** The number of a file's first chunk in {@link ChunkRows}. */
  public int firstChunk(long file) {
    return first(file);
  }

  /** How many chunks a file has. */
  public int chunkCount(long file) {
    return second(file);
  }

  /** A device's major number. */
  public int major(long device) {
    return first(device);
  }

  /** A device's minor number. */
  public int minor(long device) {
    return second(device);
  }

  /** Puts as much of a symlink's target as fits; how many bytes it has. */
  public int putTarget(long number, ByteBuffer destination) {
    int length = second(number);
    int count = Math.min(length, destination.remaining());
    destination.put(destination.position(), index, textAt + first(number), count);
    destination.position(destination.position() + count);
    return length;
  }

  private String text(int place, int length) {
    byte[] bytes = new byte[length];
    index.get(textAt + place, bytes);
    return new String(bytes, UTF_8);
  }

  private SortedMap<String, byte[]> xattrs(long number) {
    if (!hasXattrs(number)) {
      return NO_XATTRS;
    }
    int place = index.getInt(at(number) + 28) - 1;
    SortedMap<String, byte[]> xattrs = new TreeMap<>();
    int left = index.getInt(textAt + place);
    place += Integer.BYTES;
    for (; left > 0; left--) {
      int nameLength = index.getInt(textAt + place);
      int valueLength = index.getInt(textAt + place + Integer.BYTES);
      place += 2 * Integer.BYTES;
      byte[] value = new byte[valueLength];
      index.get(textAt + place + nameLength, value);
      xattrs.put(text(place, nameLength), value);
      place += nameLength + valueLength;
    }
    return Collections.unmodifiableSortedMap(xattrs);
  }
}
