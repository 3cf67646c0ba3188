package io.loadstar.transport.jnr;

import static io.loadstar.linux.Errno.EIO;
import static io.loadstar.linux.Errno.ENAMETOOLONG;
import static io.loadstar.linux.Errno.ERANGE;
import static io.loadstar.linux.Errno.EROFS;

import io.loadstar.fs.ReadOnlyFileSystem;
import io.loadstar.transport.Failures;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;

/**
 * Answers libfuse's operations from a {@link ReadOnlyFileSystem}. Confined to one {@link
 * SessionThread}: it holds what an operation needs, so that none makes objects.
 *
 * <p>Arguments are addresses; answers are those of libfuse: 0 or a count, or a negative errno. None
 * throws: what the file system throws is answered with EIO.
 */
final class RequestHandler {

  /** The two bits of open(2)'s flags that tell reading from writing; 0 is O_RDONLY. */
  private static final int O_ACCMODE = 3;

  private static final int FRAGMENT = 4096;
  private static final int NAME_MAX = 255;
  private static final ByteBuffer NO_ROOM = ByteBuffer.allocate(0);

  private final ReadOnlyFileSystem fileSystem;
  private final Failures failures;
  private final FileReads reads;
  private final PathWalk walk;
  private final StatWriter statWriter = new StatWriter();
  private final EntryWriter entryWriter;
  private final ByteBuffer name = ByteBuffer.allocate(NAME_MAX + 1);

  RequestHandler(
      ReadOnlyFileSystem fileSystem, Failures failures, SessionThreads threads, Arena arena) {
    this.fileSystem = fileSystem;
    this.failures = failures;
    this.reads = new FileReads(fileSystem, threads);
    this.walk = new PathWalk(fileSystem);
    this.entryWriter = new EntryWriter(arena);
  }

  int getattr(long path, long stat) {
    try {
      long inode = walk.inode(path);
      return inode < 0 ? (int) inode : fileSystem.attributes(inode, statWriter.at(stat));
    } catch (Throwable e) {
      return failures.answer("getattr", e);
    }
  }

  int readlink(long path, long target, long size) {
    try {
      long inode = walk.inode(path);
      if (inode < 0) {
        return (int) inode;
      }
      int room = (int) size - 1;
      int length = fileSystem.readlink(inode, NativeMemory.view(target, room));
      if (length < 0) {
        return length;
      }
      if (length > room) {
        return -ENAMETOOLONG;
      }
      NativeMemory.putByte(target + length, (byte) 0);
      return 0;
    } catch (Throwable e) {
      return failures.answer("readlink", e);
    }
  }

  /** The inode number becomes the file handle: reads come with it, and without a path. */
  int open(long path, long fileInfo) {
    if ((NativeMemory.getInt(fileInfo + StatLayout.INFO_FLAGS) & O_ACCMODE) != 0) {
      return -EROFS;
    }
    return opendir(path, fileInfo);
  }

  int opendir(long path, long fileInfo) {
    try {
      long inode = walk.inode(path);
      if (inode < 0) {
        return (int) inode;
      }
      NativeMemory.putLong(fileInfo + StatLayout.INFO_HANDLE, inode);
      return 0;
    } catch (Throwable e) {
      return failures.answer("open", e);
    }
  }

  int readdir(long fileInfo, long buffer, long filler, long offset) {
    try {
      return fileSystem.readdir(inode(fileInfo), offset, entryWriter.to(filler, buffer));
    } catch (Throwable e) {
      return failures.answer("readdir", e);
    }
  }

  int read(long fileInfo, long buffer, long size, long offset) {
    try {
      return reads.read(inode(fileInfo), offset, buffer, (int) size);
    } catch (Throwable e) {
      return failures.answer("read", e);
    }
  }

  /**
   * Looks whether a READ that is about to be processed can be answered without waiting; if so, its
   * answer is kept until then.
   */
  boolean canReadAtOnce(long inode, long offset, int size) {
    try {
      return reads.canReadAtOnce(inode, offset, size);
    } catch (Throwable e) {
      failures.answer("read", e);
      reads.answerNextWith(-EIO);
      return true;
    }
  }

  int getxattr(long path, long nameAddress, long value, long size) {
    try {
      long inode = walk.inode(path);
      if (inode < 0) {
        return (int) inode;
      }
      if (!copyName(nameAddress)) {
        return -ERANGE;
      }
      return fitting(fileSystem.getxattr(inode, name, room(value, size)), size);
    } catch (Throwable e) {
      return failures.answer("getxattr", e);
    }
  }

  int listxattr(long path, long names, long size) {
    try {
      long inode = walk.inode(path);
      return inode < 0
          ? (int) inode
          : fitting(fileSystem.listxattr(inode, room(names, size)), size);
    } catch (Throwable e) {
      return failures.answer("listxattr", e);
    }
  }

  int statfs(long statvfs) {
    try {
      ReadOnlyFileSystem.Totals totals = fileSystem.totals();
      NativeMemory.putLong(statvfs + StatLayout.VFS_BLOCK_SIZE, FRAGMENT);
      NativeMemory.putLong(statvfs + StatLayout.VFS_FRAGMENT_SIZE, FRAGMENT);
      NativeMemory.putLong(statvfs + StatLayout.VFS_BLOCKS, Math.ceilDiv(totals.bytes(), FRAGMENT));
      NativeMemory.putLong(statvfs + StatLayout.VFS_FILES, totals.inodes());
      NativeMemory.putLong(statvfs + StatLayout.VFS_NAME_MAX, NAME_MAX);
      return 0;
    } catch (Throwable e) {
      return failures.answer("statfs", e);
    }
  }

  private static long inode(long fileInfo) {
    return NativeMemory.getLong(fileInfo + StatLayout.INFO_HANDLE);
  }

  /** Room of 0 bytes means that only the length is asked for. */
  private static ByteBuffer room(long address, long size) {
    return size == 0 ? NO_ROOM : NativeMemory.view(address, (int) size);
  }

  private static int fitting(int length, long size) {
    return size != 0 && length > size ? -ERANGE : length;
  }

  /** XATTR_NAME_MAX is 255, so any name fits that the kernel lets through. */
  private boolean copyName(long address) {
    name.clear();
    byte next = NativeMemory.getByte(address);
    while (next != 0) {
      if (!name.hasRemaining()) {
        return false;
      }
      name.put(next);
      next = NativeMemory.getByte(address + name.position());
    }
    name.flip();
    return true;
  }
}
