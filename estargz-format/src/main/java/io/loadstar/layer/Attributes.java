package io.loadstar.layer;

/**
 * What stat(2) tells of an inode, but its number, type, size and link count. Immutable.
 *
 * @param permissions the twelve permission bits: rwxrwxrwx, set-uid, set-gid, sticky
 * @param uid owner, as an unsigned 32-bit number
 * @param gid group, as an unsigned 32-bit number
 * @param mtimeSeconds last change of the content, seconds since 1970
 * @param mtimeNanos the fraction of that, 0 to 999,999,999
 */
public record Attributes(int permissions, int uid, int gid, long mtimeSeconds, int mtimeNanos) {

  /** What a directory gets that the layer doesn't describe: 0755, root, 1970. */
  public static final Attributes MISSING_PARENT = new Attributes(0755, 0, 0, 0, 0);

  public Attributes {
    if ((permissions & ~07777) != 0) {
      throw new IllegalArgumentException(
          "not permission bits: " + Integer.toOctalString(permissions));
    }
    if (mtimeNanos < 0 || mtimeNanos > 999_999_999) {
      throw new IllegalArgumentException("not nanoseconds: " + mtimeNanos);
    }
  }
}
