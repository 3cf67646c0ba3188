package io.loadstar.transport.jnr;

import io.loadstar.fs.ReadOnlyFileSystem;

/** Writes attributes into a zeroed {@code struct stat} of libfuse's. Confined to one thread. */
final class StatWriter implements ReadOnlyFileSystem.AttributeSink {

  /** stat(2) counts in these, whatever st_blksize says. */
  private static final int BLOCK = 512;

  private static final int PREFERRED_READ = 4096;

  private long address;

  StatWriter at(long stat) {
    address = stat;
    return this;
  }

  @Override
  public void accept(
      long inode,
      int mode,
      int linkCount,
      int uid,
      int gid,
      long device,
      long size,
      long mtimeSeconds,
      int mtimeNanos) {
    NativeMemory.putLong(address + StatLayout.INO, inode);
    NativeMemory.putInt(address + StatLayout.MODE, mode);
    NativeMemory.putInt(address + StatLayout.NLINK, linkCount);
    NativeMemory.putInt(address + StatLayout.UID, uid);
    NativeMemory.putInt(address + StatLayout.GID, gid);
    NativeMemory.putLong(address + StatLayout.RDEV, device);
    NativeMemory.putLong(address + StatLayout.SIZE, size);
    NativeMemory.putInt(address + StatLayout.BLOCK_SIZE, PREFERRED_READ);
    NativeMemory.putLong(address + StatLayout.BLOCKS, Math.ceilDiv(size, BLOCK));
    putTime(StatLayout.ATIME, mtimeSeconds, mtimeNanos);
    putTime(StatLayout.MTIME, mtimeSeconds, mtimeNanos);
    putTime(StatLayout.CTIME, mtimeSeconds, mtimeNanos);
  }

  private void putTime(long field, long seconds, int nanos) {
    NativeMemory.putLong(address + field, seconds);
    NativeMemory.putLong(address + field + Long.BYTES, nanos);
  }
}
