package io.loadstar.transport.kernel;

/**
 * Whether listings bring the attributes of files along. Thread-safe: it is a guess, so that a race
 * does no harm.
 *
 * <p>The kernel asks for attributes with the beginning of each listing (READDIRPLUS), and makes an
 * inode of each that it gets: right for {@code ls -l}, which saves a LOOKUP for each file, and
 * wasted on {@code find}, which is half as fast then. An entry may come without. So directories
 * always have attributes, since who walks a tree goes down into them; files have them for the next
 * listings after somebody has looked up a file of the directory that was listed last without.
 */
final class Listings {

  /** For so many listings; then it is found out anew, at the price of one directory's LOOKUPs. */
  static final int CREDIT = 256;

  private static final long NONE = 0;

  private volatile long listedWithout = NONE;
  private volatile int credit;

  /** A listing begins: whether its files have attributes. */
  boolean begins(long directory) {
    int left = credit;
    if (left > 0) {
      credit = left - 1;
      return true;
    }
    listedWithout = directory;
    return false;
  }

  /** A listing goes on: whether the rest of its files have attributes. */
  boolean goesOn() {
    return credit > 0;
  }

  /** A file, not a directory, was looked up. */
  void lookedUp(long directory) {
    if (listedWithout == directory) {
      listedWithout = NONE;
      credit = CREDIT;
    }
  }
}
