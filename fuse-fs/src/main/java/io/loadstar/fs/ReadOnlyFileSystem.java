package io.loadstar.fs;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A read-only file system by inode number: what a transport needs, and no more.
 *
 * <p>Thread-safe. Nothing here waits but {@link #read}, which says when it has ended. The hot paths
 * neither allocate nor throw: a failure is a negative errno ({@link io.loadstar.linux.Errno}).
 * Names are raw bytes, as the kernel hands them over; a buffer's position is left where it was.
 */
public interface ReadOnlyFileSystem {

  /** The root directory's inode number. */
  long ROOT = 1;

  /** What {@link #tryRead} answers when the bytes aren't there yet. Not an errno. */
  int WOULD_WAIT = Integer.MIN_VALUE;

  /**
   * The inode that {@code name} means in {@code directory}.
   *
   * @return its number, 0 if there is none, or a negative errno (ENOTDIR, ENOENT)
   */
  long lookup(long directory, ByteBuffer name);

  /**
   * Tells {@code sink} the attributes of {@code inode}.
   *
   * @return 0 or a negative errno
   */
  int attributes(long inode, AttributeSink sink);

  /**
   * Puts a symbolic link's target into {@code destination}.
   *
   * @return its length in bytes, which is more than was put if the buffer was too small, or a
   *     negative errno (EINVAL if it isn't a link)
   */
  int readlink(long inode, ByteBuffer destination);

  /**
   * Puts the value of an extended attribute into {@code destination}, if it fits.
   *
   * @return its length in bytes, fit or not, or a negative errno (ENODATA if there is none)
   */
  int getxattr(long inode, ByteBuffer name, ByteBuffer destination);

  /**
   * Puts the names of the extended attributes, each ended by a zero byte, into {@code destination},
   * if all fit.
   *
   * @return their length in bytes, fit or not, or a negative errno
   */
  int listxattr(long inode, ByteBuffer destination);

  /**
   * Whether anything has an extended attribute. If not, a transport may tell the kernel never to
   * ask for the value of one. Doesn't change.
   */
  default boolean hasXattrs() {
    return true;
  }

  /**
   * Whether an inode's attributes and content may change; its size does then too. All others may be
   * remembered for good. Quick, since it is asked with each attribute.
   */
  default boolean changes(long inode) {
    return false;
  }

  /**
   * Tells {@code sink} the entries of a directory, "." and ".." first, from {@code cookie} on.
   *
   * @param cookie 0 for the beginning, else what the sink was told with the last entry it took
   * @return 0 or a negative errno
   */
  int readdir(long directory, long cookie, DirectorySink sink);

  /**
   * Reads what is there already, without waiting.
   *
   * @return how many bytes were put into {@code destination}: as many as it holds, fewer only at
   *     the end of the file, 0 behind it; {@link #WOULD_WAIT}; or a negative errno. Where it isn't
   *     a count, nothing is said of the buffer's content and position
   */
  int tryRead(long inode, long offset, ByteBuffer destination);

  /**
   * Reads, fetching what isn't there. Returns at once; {@code completion} is called exactly once,
   * from any thread, possibly before this returns. {@code destination} belongs to the file system
   * until then. A failure is EIO; a reader never waits longer than the limit that is configured.
   */
  void read(long inode, long offset, ByteBuffer destination, ReadCompletion completion);

  /**
   * The file on a local disk that has exactly the inode's bytes, for a kernel that reads it without
   * asking. Doesn't wait for more than that disk.
   *
   * @return whole and checked, held until the caller closes it; null if there is none, in which
   *     case it is read in the ordinary way
   */
  default @Nullable BackingFile backing(long inode) {
    return null;
  }

  /** A file that stays where it is until this is closed. Thread-safe. */
  interface BackingFile extends AutoCloseable {

    /** Where it is, never on a mount of this process. */
    Path path();

    @Override
    void close();
  }

  /** Tells how much there is, for statfs(2). */
  Totals totals();

  /**
   * Takes the attributes of one inode. Nine arguments, since a record would be made per request.
   */
  @FunctionalInterface
  interface AttributeSink {

    /**
     * @param inode its number
     * @param mode file type and permission bits, as in st_mode
     * @param linkCount st_nlink
     * @param uid owner, unsigned
     * @param gid group, unsigned
     * @param device st_rdev as makedev(3) packs it: see {@link io.loadstar.linux.DeviceNumber}
     * @param size in bytes
     * @param mtimeSeconds since 1970
     * @param mtimeNanos 0 to 999,999,999
     */
    void accept(
        long inode,
        int mode,
        int linkCount,
        int uid,
        int gid,
        long device,
        long size,
        long mtimeSeconds,
        int mtimeNanos);
  }

  /** Takes the entries of a directory. */
  @FunctionalInterface
  interface DirectorySink {

    /**
     * @param inode the entry's number
     * @param mode its type, as in st_mode; the permission bits may be 0
     * @param name its name, valid only during the call
     * @param nextCookie where to go on behind it
     * @return false if there was no room: the entry wasn't taken, and no more are wanted
     */
    boolean entry(long inode, int mode, ByteBuffer name, long nextCookie);
  }

  /** Is told how a read ended. */
  @FunctionalInterface
  interface ReadCompletion {

    /**
     * @param result how many bytes were put, as in {@link #tryRead}, or a negative errno
     */
    void completed(int result);
  }

  /**
   * @param bytes the sum of the files' sizes
   * @param inodes how many inodes there are
   */
  record Totals(long bytes, long inodes) {}
}
