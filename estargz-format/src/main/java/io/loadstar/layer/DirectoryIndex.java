package io.loadstar.layer;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Which names lead from which directory to which inode. Immutable.
 *
 * <p>All names of a layer stand in one array of UTF-8 bytes, those of a directory one behind the
 * other, sorted as unsigned bytes: a lookup is a binary search that allocates nothing, and a name
 * costs its bytes and eight more.
 */
final class DirectoryIndex {

  /** By inode number: its first entry. The next number's is the end. */
  private final int[] firstEntry;

  /** By inode number: the directory that it is in; 0 for what isn't a directory. */
  private final int[] parents;

  /** By entry: where its name starts. The next entry's is the end. */
  private final int[] nameStarts;

  private final byte[] names;

  /** By entry: the inode. */
  private final int[] inodes;

  private DirectoryIndex(Builder builder) {
    firstEntry = builder.firstEntry;
    parents = builder.parents;
    nameStarts = Arrays.copyOf(builder.nameStarts, builder.entries + 1);
    names = Arrays.copyOf(builder.names, builder.nameStarts[builder.entries]);
    inodes = Arrays.copyOf(builder.inodes, builder.entries);
  }

  int entryCount(long directory) {
    return exists(directory) ? firstEntry[(int) directory + 1] - firstEntry[(int) directory] : 0;
  }

  long parent(long directory) {
    return exists(directory) ? parents[(int) directory] : 0;
  }

  long lookup(long directory, ByteBuffer name) {
    if (!exists(directory)) {
      return 0;
    }
    int low = firstEntry[(int) directory];
    int high = firstEntry[(int) directory + 1] - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = compare(middle, name);
      if (order == 0) {
        return inodes[middle];
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return 0;
  }

  private int compare(int entry, ByteBuffer name) {
    int start = nameStarts[entry];
    int length = nameStarts[entry + 1] - start;
    int nameStart = name.position();
    int nameLength = name.remaining();
    int shared = Math.min(length, nameLength);
    for (int i = 0; i < shared; i++) {
      int order = (names[start + i] & 0xff) - (name.get(nameStart + i) & 0xff);
      if (order != 0) {
        return order;
      }
    }
    return length - nameLength;
  }

  long entryInode(long directory, int index) {
    return inodes[entry(directory, index)];
  }

  byte[] entryName(long directory, int index) {
    int entry = entry(directory, index);
    return Arrays.copyOfRange(names, nameStarts[entry], nameStarts[entry + 1]);
  }

  void putEntryName(long directory, int index, ByteBuffer destination) {
    int entry = entry(directory, index);
    destination.put(names, nameStarts[entry], nameStarts[entry + 1] - nameStarts[entry]);
  }

  private int entry(long directory, int index) {
    if (index < 0 || index >= entryCount(directory)) {
      throw new IndexOutOfBoundsException("entry " + index + " of directory " + directory);
    }
    return firstEntry[(int) directory] + index;
  }

  private boolean exists(long inode) {
    return inode > 0 && inode < firstEntry.length - 1;
  }

  /** Takes directories one by one, by ascending inode number. Not thread-safe. */
  static final class Builder {
    private final int[] firstEntry;
    private final int[] parents;
    private int[] nameStarts = new int[16];
    private byte[] names = new byte[256];
    private int[] inodes = new int[16];
    private int entries;
    private int last;

    /**
     * @param inodeCount the highest inode number
     */
    Builder(int inodeCount) {
      firstEntry = new int[inodeCount + 2];
      parents = new int[inodeCount + 1];
    }

    /** Begins a directory; entries that are added from now on are its. */
    void begin(int directory, int parent) {
      if (directory <= last) {
        throw new IllegalStateException("directory " + directory + " behind " + last);
      }
      Arrays.fill(firstEntry, last + 1, directory + 1, entries);
      parents[directory] = parent;
      last = directory;
    }

    /** Adds an entry; the caller does so in the order of the names. */
    void add(byte[] name, int inode) {
      if (entries + 1 == nameStarts.length) {
        nameStarts = Arrays.copyOf(nameStarts, 2 * nameStarts.length);
        inodes = Arrays.copyOf(inodes, 2 * inodes.length);
      }
      int start = nameStarts[entries];
      if (start + name.length > names.length) {
        names = Arrays.copyOf(names, Math.max(2 * names.length, start + name.length));
      }
      System.arraycopy(name, 0, names, start, name.length);
      inodes[entries++] = inode;
      nameStarts[entries] = start + name.length;
    }

    DirectoryIndex build() {
      Arrays.fill(firstEntry, last + 1, firstEntry.length, entries);
      return new DirectoryIndex(this);
    }
  }
}
