package io.loadstar.transport.jnr;

import jnr.ffi.Runtime;
import jnr.ffi.Struct;
import ru.serce.jnrfuse.struct.FileStat;
import ru.serce.jnrfuse.struct.FuseFileInfo;
import ru.serce.jnrfuse.struct.Statvfs;

/**
 * Where libfuse's structures have their fields, as jnr-fuse lays them out for this machine: asked
 * once, since its accessors make a view of thirty objects for each structure.
 *
 * <p>Fields are written in their lower 32 bits where their width differs between machines
 * (st_nlink, st_blksize); libfuse has zeroed the rest, and both machines are little-endian.
 */
final class StatLayout {

  private static final FileStat STAT = new FileStat(Runtime.getSystemRuntime());
  private static final Statvfs STATVFS = new Statvfs(Runtime.getSystemRuntime());
  private static final FuseFileInfo INFO = FuseFileInfo.of(LoadedLibFuse.pointer(0));

  static final int SIZE_OF_STAT = Struct.size(STAT);
  static final long INO = STAT.st_ino.offset();
  static final long MODE = STAT.st_mode.offset();
  static final long NLINK = STAT.st_nlink.offset();
  static final long UID = STAT.st_uid.offset();
  static final long GID = STAT.st_gid.offset();
  static final long RDEV = STAT.st_rdev.offset();
  static final long SIZE = STAT.st_size.offset();
  static final long BLOCK_SIZE = STAT.st_blksize.offset();
  static final long BLOCKS = STAT.st_blocks.offset();
  static final long ATIME = STAT.st_atim.tv_sec.offset();
  static final long MTIME = STAT.st_mtim.tv_sec.offset();
  static final long CTIME = STAT.st_ctim.tv_sec.offset();

  static final long VFS_BLOCK_SIZE = STATVFS.f_bsize.offset();
  static final long VFS_FRAGMENT_SIZE = STATVFS.f_frsize.offset();
  static final long VFS_BLOCKS = STATVFS.f_blocks.offset();
  static final long VFS_FILES = STATVFS.f_files.offset();
  static final long VFS_NAME_MAX = STATVFS.f_namemax.offset();

  static final long INFO_FLAGS = INFO.flags.offset();
  static final long INFO_HANDLE = INFO.fh.offset();

  private StatLayout() {}
}
