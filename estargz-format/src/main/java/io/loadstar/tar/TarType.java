package io.loadstar.tar;

/** What a tar entry stands for: the header's type flag, read as POSIX has it. */
public enum TarType {
  REGULAR,
  HARDLINK,
  SYMLINK,
  CHARACTER_DEVICE,
  BLOCK_DEVICE,
  DIRECTORY,
  FIFO
}
