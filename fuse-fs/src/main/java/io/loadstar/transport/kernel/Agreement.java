package io.loadstar.transport.kernel;

import io.loadstar.transport.kernel.FuseWire.InitFlag;

/**
 * What the kernel and this daemon agreed upon in INIT. Immutable.
 *
 * @param minor of the protocol's version
 * @param flags those of {@link InitFlag} that both want
 * @param maxReadahead in bytes, as INIT can bound it
 */
record Agreement(int minor, long flags, int maxReadahead) {

  /** What the kernel asks for at most in one READ: 256 pages. */
  static final int MAX_READ = 1 << 20;

  static final int PAGE = 4096;

  /**
   * What a read-only tree can use. POSIX_ACL among it, although layers hardly ever have such lists:
   * without it the kernel asks for an inode's each time that its permissions are checked.
   *
   * <p>Not among them: ATOMIC_O_TRUNC, since the kernel then believes that an open which is
   * answered ENOSYS has truncated; EXPLICIT_INVAL_DATA and AUTO_INVAL_DATA, since a file that
   * changes changes its size, upon which the kernel drops its pages only if it has neither.
   */
  private static final long WANTED =
      InitFlag.ASYNC_READ
          | InitFlag.DO_READDIRPLUS
          | InitFlag.READDIRPLUS_AUTO
          | InitFlag.ASYNC_DIO
          | InitFlag.NO_OPEN_SUPPORT
          | InitFlag.PARALLEL_DIROPS
          | InitFlag.POSIX_ACL
          | InitFlag.ABORT_ERROR
          | InitFlag.MAX_PAGES
          | InitFlag.CACHE_SYMLINKS
          | InitFlag.NO_OPENDIR_SUPPORT
          | InitFlag.INIT_EXT
          | InitFlag.HAS_RESEND
          | InitFlag.ALLOW_IDMAP;

  /**
   * What the kernel says in INIT.
   *
   * @param flags both words of them
   * @param maxReadahead in bytes
   */
  record Offer(int major, int minor, long flags, int maxReadahead) {

    /** Whether this protocol can be spoken at all: from Linux 5.4 on. */
    boolean isUsable() {
      return major > FuseWire.MAJOR || (major == FuseWire.MAJOR && minor >= FuseWire.LEAST_MINOR);
    }
  }

  /**
   * What this daemon wants.
   *
   * @param kernelFlags which of the kernel's flags are believed: all bits, but in tests of what an
   *     older kernel does
   * @param passthrough whether the kernel is to read whole files itself; then it must be told
   *     which, and so opens files
   * @param bareXattrs what becomes of requests for extended attributes of a tree that has none
   */
  record Terms(long kernelFlags, boolean passthrough, KernelOptions.BareXattrs bareXattrs) {

    static final Terms USUAL = new Terms(-1, false, KernelOptions.BareXattrs.ANSWERED);
  }

  static Agreement of(Offer offer, Terms terms) {
    long offered = offer.flags & terms.kernelFlags;
    if ((offered & InitFlag.INIT_EXT) == 0) {
      offered &= 0xffff_ffffL;
    }
    long flags = offered & WANTED;
    if (terms.passthrough && (offered & InitFlag.PASSTHROUGH) != 0) {
      flags = (flags | InitFlag.PASSTHROUGH) & ~InitFlag.NO_OPEN_SUPPORT;
    }
    return new Agreement(
        Math.min(offer.minor, FuseWire.KNOWN_MINOR), flags, Math.min(offer.maxReadahead, MAX_READ));
  }

  boolean has(long flag) {
    return (flags & flag) != 0;
  }
}
