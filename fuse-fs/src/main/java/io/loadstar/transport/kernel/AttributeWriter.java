package io.loadstar.transport.kernel;

import io.loadstar.fs.ReadOnlyFileSystem;
import io.loadstar.transport.kernel.FuseWire.Attr;
import java.nio.ByteBuffer;

/** Writes attributes as a {@code struct fuse_attr}. Confined to the thread of its exchange. */
final class AttributeWriter implements ReadOnlyFileSystem.AttributeSink {

  /** stat(2) counts in these. */
  private static final int BLOCK = 512;

  private static final int PREFERRED_READ = 4096;

  private ByteBuffer buffer = ByteBuffer.allocate(0);
  private int at;

  /** To write into {@code reply} from {@code position} on. */
  AttributeWriter at(ByteBuffer reply, int position) {
    buffer = reply;
    at = position;
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
    buffer.putLong(at + Attr.INO, inode);
    buffer.putLong(at + Attr.BYTES, size);
    buffer.putLong(at + Attr.BLOCKS, Math.ceilDiv(size, BLOCK));
    buffer.putLong(at + Attr.ATIME, mtimeSeconds);
    buffer.putLong(at + Attr.MTIME, mtimeSeconds);
    buffer.putLong(at + Attr.CTIME, mtimeSeconds);
    buffer.putInt(at + Attr.ATIME_NANOS, mtimeNanos);
    buffer.putInt(at + Attr.MTIME_NANOS, mtimeNanos);
    buffer.putInt(at + Attr.CTIME_NANOS, mtimeNanos);
    buffer.putInt(at + Attr.MODE, mode);
    buffer.putInt(at + Attr.NLINK, linkCount);
    buffer.putInt(at + Attr.UID, uid);
    buffer.putInt(at + Attr.GID, gid);
    // The kernel's new_encode_dev(): the lower half of what makedev(3) makes of the same numbers.
    buffer.putInt(at + Attr.RDEV, (int) device);
    buffer.putInt(at + Attr.BLOCK_SIZE, PREFERRED_READ);
    buffer.putInt(at + Attr.FLAGS, 0);
  }
}
