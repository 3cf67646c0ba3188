package io.loadstar.layer;

import java.nio.ByteBuffer;

/**
 * Which names lead from which directory to which inode, as a layer index has it. Immutable.
 *
 * <p>The names of a directory stand one behind the other, sorted as unsigned bytes: a lookup is a
 * binary search that allocates nothing.
 */
final class DirectoryRows {

  private final ByteBuffer index;
  private final InodeRows inodes;
  private final int entriesAt;
  private final int namesAt;

  DirectoryRows(ByteBuffer index, IndexLayout layout, InodeRows inodes) {
    this.index = index;
    this.inodes = inodes;
    this.entriesAt = layout.entriesAt();
    this.namesAt = layout.namesAt();
  }

  int entryCount(long directory) {
    return inodes.isDirectory(directory) ? inodes.second(directory) : 0;
  }

  long parent(long directory) {
    return inodes.isDirectory(directory) ? inodes.third(directory) : 0;
  }

  long lookup(long directory, ByteBuffer name) {
    int low = 0;
    int high = entryCount(directory) - 1;
    int first = high < 0 ? 0 : inodes.first(directory);
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = compare(first + middle, name);
      if (order == 0) {
        return inodeOf(first + middle);
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
    int start = nameStart(entry);
    int length = nameStart(entry + 1) - start;
    int nameStart = name.position();
    int nameLength = name.remaining();
    int shared = Math.min(length, nameLength);
    for (int i = 0; i < shared; i++) {
      int order = (index.get(namesAt + start + i) & 0xff) - (name.get(nameStart + i) & 0xff);
      if (order != 0) {
        return order;
      }
    }
    return length - nameLength;
  }

  private int nameStart(int entry) {
    return index.getInt(entriesAt + entry * IndexLayout.ENTRY);
  }

  private int inodeOf(int entry) {
    return index.getInt(entriesAt + entry * IndexLayout.ENTRY + Integer.BYTES);
  }

  long entryInode(long directory, int number) {
    return inodeOf(entry(directory, number));
  }

  byte[] entryName(long directory, int number) {
    int entry = entry(directory, number);
    byte[] name = new byte[nameStart(entry + 1) - nameStart(entry)];
    index.get(namesAt + nameStart(entry), name);
    return name;
  }

  void putEntryName(long directory, int number, ByteBuffer destination) {
    int entry = entry(directory, number);
    int start = nameStart(entry);
    int length = nameStart(entry + 1) - start;
    if (length > destination.remaining()) {
      throw new java.nio.BufferOverflowException();
    }
    destination.put(destination.position(), index, namesAt + start, length);
    destination.position(destination.position() + length);
  }

  private int entry(long directory, int number) {
    if (number < 0 || number >= entryCount(directory)) {
      throw new IndexOutOfBoundsException("entry " + number + " of directory " + directory);
    }
    return inodes.first(directory) + number;
  }
}
