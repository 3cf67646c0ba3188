package io.loadstar.transport.jnr;

import io.loadstar.fs.ReadOnlyFileSystem;
import io.loadstar.linux.Errno;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * From libfuse's paths to inode numbers. Confined to one thread.
 *
 * <p>Walks component by component, and remembers the directory it came to last: requests come in
 * runs within one, or go on below it. Nothing in the tree ever changes, so what is remembered stays
 * true.
 */
final class PathWalk {

  private static final byte SLASH = '/';

  /** Far more than PATH_MAX, which binds only a single system call; a guard against a lost zero. */
  private static final int LONGEST = 1 << 20;

  private final ReadOnlyFileSystem fileSystem;
  private byte[] path = new byte[4096];
  private ByteBuffer name = ByteBuffer.wrap(path);
  private byte[] directory = new byte[256];
  private int directoryLength;
  private long directoryInode = ReadOnlyFileSystem.ROOT;

  PathWalk(ReadOnlyFileSystem fileSystem) {
    this.fileSystem = fileSystem;
  }

  /**
   * The inode of an absolute path.
   *
   * @param address of its bytes, ended by a zero
   * @return its number, or a negative errno
   */
  long inode(long address) {
    int length = copy(address);
    if (length < 0) {
      return -Errno.ENAMETOOLONG;
    }
    int lastSlash = length - 1;
    while (lastSlash > 0 && path[lastSlash] != SLASH) {
      lastSlash--;
    }
    if (length - lastSlash <= 1) {
      return ReadOnlyFileSystem.ROOT;
    }
    long parent = directory(lastSlash);
    return parent < 0 ? parent : lookup(parent, lastSlash + 1, length);
  }

  /** The inode of the first {@code length} bytes of the path, which is a directory's. */
  private long directory(int length) {
    boolean below = isBelowRemembered(length);
    if (below && directoryLength == length) {
      return directoryInode;
    }
    long inode = below ? directoryInode : ReadOnlyFileSystem.ROOT;
    int start = below ? directoryLength + 1 : 1;
    while (start < length) {
      int end = start;
      while (end < length && path[end] != SLASH) {
        end++;
      }
      inode = lookup(inode, start, end);
      if (inode < 0) {
        return inode;
      }
      start = end + 1;
    }
    if (directory.length < length) {
      directory = new byte[path.length];
    }
    System.arraycopy(path, 0, directory, 0, length);
    directoryLength = length;
    directoryInode = inode;
    return inode;
  }

  /** Whether the first {@code length} bytes are the remembered directory, or lead on from it. */
  private boolean isBelowRemembered(int length) {
    return directoryLength <= length
        && (directoryLength == length || path[directoryLength] == SLASH)
        && Arrays.equals(path, 0, directoryLength, directory, 0, directoryLength);
  }

  private long lookup(long parent, int start, int end) {
    name.limit(end).position(start);
    long inode = fileSystem.lookup(parent, name);
    return inode == 0 ? -Errno.ENOENT : inode;
  }

  /** Copies the path; -1 if it is too long. */
  private int copy(long address) {
    int length = 0;
    byte next = NativeMemory.getByte(address);
    while (next != 0) {
      if (length == path.length && !grow()) {
        return -1;
      }
      path[length++] = next;
      next = NativeMemory.getByte(address + length);
    }
    return length;
  }

  private boolean grow() {
    if (path.length >= LONGEST) {
      return false;
    }
    path = Arrays.copyOf(path, path.length * 2);
    name = ByteBuffer.wrap(path);
    return true;
  }
}
