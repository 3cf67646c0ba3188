package io.loadstar.transport.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.loadstar.linux.DeviceIo;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Backing files of a connection, as its device registers them (linux/fuse.h). Thread-safe. */
record DeviceRegistry(FuseDevice device) implements BackingFiles.Registry {

  /** FUSE_DEV_IOC_BACKING_OPEN = _IOW(229, 1, struct fuse_backing_map). */
  private static final long BACKING_OPEN = 0x4010_e501L;

  /** FUSE_DEV_IOC_BACKING_CLOSE = _IOW(229, 2, uint32_t). */
  private static final long BACKING_CLOSE = 0x4004_e502L;

  /** struct fuse_backing_map: int32_t fd, uint32_t flags, uint64_t padding. */
  private static final long MAP_SIZE = 16;

  @Override
  public int register(int fd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment map = arena.allocate(MAP_SIZE, Long.BYTES);
      map.set(JAVA_INT, 0, fd);
      return device.control(errno(arena), BACKING_OPEN, map);
    }
  }

  @Override
  public void unregister(int id) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment argument = arena.allocate(JAVA_INT);
      argument.set(JAVA_INT, 0, id);
      device.control(errno(arena), BACKING_CLOSE, argument);
    }
  }

  private static MemorySegment errno(Arena arena) {
    return arena.allocate(DeviceIo.ERRNO_SIZE, Long.BYTES);
  }
}
