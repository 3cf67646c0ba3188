package io.loadstar.fs;

import io.loadstar.layer.Inode;

/** The file types of st_mode (stat(2), inode(7)). */
final class FileMode {

  static final int FIFO = 0010000;
  static final int CHARACTER_DEVICE = 0020000;
  static final int DIRECTORY = 0040000;
  static final int BLOCK_DEVICE = 0060000;
  static final int REGULAR = 0100000;
  static final int SYMLINK = 0120000;

  private FileMode() {}

  /** Type and permissions, as in st_mode. */
  static int of(Inode inode) {
    return typeOf(inode) | inode.attributes().permissions();
  }

  private static int typeOf(Inode inode) {
    return switch (inode) {
      case Inode.Directory _ -> DIRECTORY;
      case Inode.RegularFile _ -> REGULAR;
      case Inode.Symlink _ -> SYMLINK;
      case Inode.SpecialFile special ->
          switch (special.type()) {
            case CHARACTER_DEVICE -> CHARACTER_DEVICE;
            case BLOCK_DEVICE -> BLOCK_DEVICE;
            case FIFO -> FIFO;
          };
    };
  }
}
