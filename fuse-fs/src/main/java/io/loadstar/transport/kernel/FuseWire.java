package io.loadstar.transport.kernel;

/**
 * Where the structures of the kernel's FUSE protocol have their fields: linux/fuse.h, version 7.31
 * and later, from which on none of these changes its size. All fields are little-endian here, as
 * both machines are that this runs on.
 *
 * <p>Each structure is a class of offsets in bytes from its own beginning, with its size.
 */
final class FuseWire {

  /** The only major version there is. */
  static final int MAJOR = 7;

  /** The oldest minor version that is spoken: Linux 5.4. */
  static final int LEAST_MINOR = 31;

  /** The newest minor version whose additions are known here: Linux 6.18. */
  static final int KNOWN_MINOR = 45;

  /** Directory entries begin at multiples of this (FUSE_REC_ALIGN). */
  static final int ENTRY_ALIGNMENT = 8;

  private FuseWire() {}

  /** struct fuse_in_header. */
  static final class InHeader {
    static final int LENGTH = 0;
    static final int OPCODE = 4;
    static final int UNIQUE = 8;
    static final int NODE = 16;
    static final int SIZE = 40; // uid, gid, pid, total_extlen and padding: 8 + 8 + 8 + 3 * 4 + 4

    private InHeader() {}
  }

  /** struct fuse_out_header. */
  static final class OutHeader {
    static final int LENGTH = 0;
    static final int ERROR = 4;
    static final int UNIQUE = 8;
    static final int SIZE = 16;

    private OutHeader() {}
  }

  /** struct fuse_attr. */
  static final class Attr {
    static final int INO = 0;
    static final int BYTES = 8;
    static final int BLOCKS = 16;
    static final int ATIME = 24;
    static final int MTIME = 32;
    static final int CTIME = 40;
    static final int ATIME_NANOS = 48;
    static final int MTIME_NANOS = 52;
    static final int CTIME_NANOS = 56;
    static final int MODE = 60;
    static final int NLINK = 64;
    static final int UID = 68;
    static final int GID = 72;
    static final int RDEV = 76;
    static final int BLOCK_SIZE = 80;
    static final int FLAGS = 84;
    static final int SIZE = 88; // 6 * 8 + 10 * 4

    private Attr() {}
  }

  /** struct fuse_entry_out. */
  static final class EntryOut {
    static final int NODE = 0;
    static final int GENERATION = 8;
    static final int ENTRY_VALID = 16;
    static final int ATTR_VALID = 24;
    static final int ENTRY_VALID_NANOS = 32;
    static final int ATTR_VALID_NANOS = 36;
    static final int ATTR = 40;
    static final int SIZE = ATTR + Attr.SIZE; // 128

    private EntryOut() {}
  }

  /** struct fuse_attr_out. */
  static final class AttrOut {
    static final int ATTR_VALID = 0;
    static final int ATTR_VALID_NANOS = 8;
    static final int ATTR = 16;
    static final int SIZE = ATTR + Attr.SIZE; // 104

    private AttrOut() {}
  }

  /** struct fuse_init_in, as long as it is from minor 36 on; until then it ends after FLAGS. */
  static final class InitIn {
    static final int MAJOR = 0;
    static final int MINOR = 4;
    static final int MAX_READAHEAD = 8;
    static final int FLAGS = 12;
    static final int SHORT_SIZE = 16;
    static final int FLAGS2 = 16;
    static final int SIZE = 64; // 5 * 4 + 11 * 4 unused

    private InitIn() {}
  }

  /** struct fuse_init_out. */
  static final class InitOut {
    static final int MAJOR = 0;
    static final int MINOR = 4;
    static final int MAX_READAHEAD = 8;
    static final int FLAGS = 12;
    static final int MAX_BACKGROUND = 16;
    static final int CONGESTION_THRESHOLD = 18;
    static final int MAX_WRITE = 20;
    static final int TIME_GRANULARITY = 24;
    static final int MAX_PAGES = 28;
    static final int MAP_ALIGNMENT = 30;
    static final int FLAGS2 = 32;
    static final int MAX_STACK_DEPTH = 36;
    static final int SIZE = 64; // 4 * 4 + 2 * 2 + 2 * 4 + 2 * 2 + 2 * 4 + 12 * 2 unused

    private InitOut() {}
  }

  /** struct fuse_open_in. */
  static final class OpenIn {
    static final int FLAGS = 0;
    static final int SIZE = 8;

    private OpenIn() {}
  }

  /** struct fuse_open_out. */
  static final class OpenOut {
    static final int HANDLE = 0;
    static final int FLAGS = 8;
    static final int BACKING = 12;
    static final int SIZE = 16;

    private OpenOut() {}
  }

  /** struct fuse_read_in: also of READDIR and READDIRPLUS. */
  static final class ReadIn {
    static final int HANDLE = 0;
    static final int OFFSET = 8;
    static final int LENGTH = 16;
    static final int SIZE = 40; // fh, offset: 2 * 8; size, read_flags: 2 * 4; lock_owner; 2 * 4

    private ReadIn() {}
  }

  /** struct fuse_release_in. */
  static final class ReleaseIn {
    static final int HANDLE = 0;
    static final int SIZE = 24;

    private ReleaseIn() {}
  }

  /** struct fuse_getxattr_in; in a GETXATTR the name follows. */
  static final class GetxattrIn {
    static final int LENGTH = 0;
    static final int SIZE = 8;

    private GetxattrIn() {}
  }

  /** struct fuse_getxattr_out. */
  static final class GetxattrOut {
    static final int LENGTH = 0;
    static final int SIZE = 8;

    private GetxattrOut() {}
  }

  /** struct fuse_statfs_out, which is a struct fuse_kstatfs. */
  static final class StatfsOut {
    static final int BLOCKS = 0;
    static final int FREE_BLOCKS = 8;
    static final int AVAILABLE_BLOCKS = 16;
    static final int FILES = 24;
    static final int FREE_FILES = 32;
    static final int BLOCK_SIZE = 40;
    static final int NAME_MAX = 44;
    static final int FRAGMENT_SIZE = 48;
    static final int SIZE = 80; // 5 * 8 + 3 * 4 + 4 + 6 * 4 spare

    private StatfsOut() {}
  }

  /** struct fuse_dirent; the name follows, and padding to {@link #ENTRY_ALIGNMENT}. */
  static final class Dirent {
    static final int INO = 0;
    static final int COOKIE = 8;
    static final int NAME_LENGTH = 16;
    static final int TYPE = 20;
    static final int NAME = 24;

    private Dirent() {}
  }

  /** What INIT speaks of: bits of flags, and above 32 of flags2. */
  static final class InitFlag {
    static final long ASYNC_READ = 1L;
    static final long DO_READDIRPLUS = 1L << 13;
    static final long READDIRPLUS_AUTO = 1L << 14;
    static final long ASYNC_DIO = 1L << 15;
    static final long NO_OPEN_SUPPORT = 1L << 17;
    static final long PARALLEL_DIROPS = 1L << 18;
    static final long POSIX_ACL = 1L << 20;
    static final long ABORT_ERROR = 1L << 21;
    static final long MAX_PAGES = 1L << 22;
    static final long CACHE_SYMLINKS = 1L << 23;
    static final long NO_OPENDIR_SUPPORT = 1L << 24;
    static final long INIT_EXT = 1L << 30;
    static final long PASSTHROUGH = 1L << 37;
    static final long HAS_RESEND = 1L << 39;
    static final long ALLOW_IDMAP = 1L << 40;

    private InitFlag() {}
  }

  /** What OPEN and OPENDIR are answered with. */
  static final class OpenFlag {
    static final int KEEP_CACHE = 1 << 1;
    static final int CACHE_DIR = 1 << 3;
    static final int NOFLUSH = 1 << 5;
    static final int PASSTHROUGH = 1 << 7;

    private OpenFlag() {}
  }
}
