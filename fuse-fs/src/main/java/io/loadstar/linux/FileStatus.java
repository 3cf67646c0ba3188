package io.loadstar.linux;

/**
 * What a directory has under a name. Immutable.
 *
 * @param mode type and permissions, as st_mode
 * @param uid owner
 * @param gid group
 * @param links how many names it has
 */
public record FileStatus(int mode, int uid, int gid, long links) {

  /** The bits of st_mode that say what it is, and what they say (linux/stat.h). */
  public static final int S_IFMT = 0170000;

  public static final int S_IFIFO = 0010000;
  public static final int S_IFCHR = 0020000;
  public static final int S_IFDIR = 0040000;
  public static final int S_IFBLK = 0060000;
  public static final int S_IFREG = 0100000;
  public static final int S_IFLNK = 0120000;

  public boolean isDirectory() {
    return (mode & S_IFMT) == S_IFDIR;
  }

  public boolean isSymlink() {
    return (mode & S_IFMT) == S_IFLNK;
  }
}
