package io.loadstar.layer;

import java.util.Arrays;

/**
 * Which names lead from which directory to which inode, while that is put together: directory by
 * directory, by ascending inode number. Not thread-safe. {@link IndexWriter} writes it down.
 */
final class DirectoryDraft {

  /** By inode number: its first entry. The next number's is the end. */
  final int[] firstEntry;

  /** By inode number: the directory that it is in; 0 for what isn't a directory. */
  final int[] parents;

  /** By entry: where its name starts. The next entry's is the end. */
  int[] nameStarts = new int[16];

  byte[] names = new byte[256];

  /** By entry: the inode. */
  int[] inodes = new int[16];

  int entries;
  private int last;

  /**
   * @param inodeCount the highest inode number
   */
  DirectoryDraft(int inodeCount) {
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

  /** Ends the last directory. */
  DirectoryDraft end() {
    Arrays.fill(firstEntry, last + 1, firstEntry.length, entries);
    return this;
  }
}
