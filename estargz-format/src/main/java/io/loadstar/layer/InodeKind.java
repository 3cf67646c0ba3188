package io.loadstar.layer;

/** What an inode is. */
public enum InodeKind {
  DIRECTORY,
  FILE,
  SYMLINK,
  CHARACTER_DEVICE,
  BLOCK_DEVICE,
  FIFO
}
