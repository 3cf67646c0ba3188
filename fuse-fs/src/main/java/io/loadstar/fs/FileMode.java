package io.loadstar.fs;

import io.loadstar.layer.InodeRows;

/** The file types of st_mode (stat(2), inode(7)). */
final class FileMode {

  static final int FIFO = 0010000;
  static final int CHARACTER_DEVICE = 0020000;
  static final int DIRECTORY = 0040000;
  static final int BLOCK_DEVICE = 0060000;
  static final int REGULAR = 0100000;
  static final int SYMLINK = 0120000;

  private FileMode() {}

  /** Type and permissions, as in st_mode, of an inode that there is. */
  static int of(InodeRows inodes, long number) {
    return typeOf(inodes, number) | inodes.permissions(number);
  }

  private static int typeOf(InodeRows inodes, long number) {
    return switch (inodes.kind(number)) {
      case null -> 0;
      case DIRECTORY -> DIRECTORY;
      case FILE -> REGULAR;
      case SYMLINK -> SYMLINK;
      case CHARACTER_DEVICE -> CHARACTER_DEVICE;
      case BLOCK_DEVICE -> BLOCK_DEVICE;
      case FIFO -> FIFO;
    };
  }
}
