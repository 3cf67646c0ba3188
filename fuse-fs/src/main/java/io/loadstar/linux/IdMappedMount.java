package io.loadstar.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * A directory mounted a second time, with the owners that it has for a container in a user
 * namespace: mount_setattr(2), "ID-mapped mounts". It is read-only, and shares the page cache with
 * the first. Thread-safe; blocks in the kernel: not for virtual threads.
 *
 * <p>Linux 5.12 can do it with ext4 and xfs, 6.12 with FUSE if the file system agrees to it; an
 * overlay takes such lower directories since 5.19. The three calls are younger than some libcs, so
 * they are made by number: the same on x86-64 and aarch64 (asm-generic/unistd.h).
 */
@SuppressWarnings("restricted")
public final class IdMappedMount {

  private static final long SYS_OPEN_TREE = 428;
  private static final long SYS_MOVE_MOUNT = 429;
  private static final long SYS_MOUNT_SETATTR = 442;

  private static final int AT_FDCWD = -100;
  private static final int AT_SYMLINK_NOFOLLOW = 0x100;
  private static final int AT_EMPTY_PATH = 0x1000;

  /** linux/mount.h. */
  private static final int OPEN_TREE_CLONE = 1;

  private static final int MOVE_MOUNT_F_EMPTY_PATH = 4;
  private static final long MOUNT_ATTR_RDONLY = 1;
  private static final long MOUNT_ATTR_IDMAP = 0x0010_0000;
  private static final long MS_PRIVATE = 1 << 18;

  /** struct mount_attr: attr_set, attr_clr, propagation, userns_fd, each of 64 bits. */
  private static final int MOUNT_ATTR_SIZE = 4 * 8;

  /** syscall(number, fd, path, flags or fd, address or path, size or flags). */
  private static final MethodHandle SYSCALL =
      NativeCalls.handle(
          "syscall",
          FunctionDescriptor.of(
              JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG),
          Linker.Option.firstVariadicArg(1));

  private IdMappedMount() {}

  /**
   * Mounts what is seen at {@code source}, without what is mounted below it, at {@code target}.
   *
   * @param ids whose ids {@code source}'s are
   * @throws ErrnoException EINVAL if its file system can't be mounted so, ENOSYS if the kernel is
   *     too old; nothing is mounted then
   */
  public static void make(Path source, Path target, UserNamespace ids) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      Calls calls = new Calls(arena, arena.allocate(NativeCalls.STATE), arena.allocateFrom(""));
      int tree = calls.openTree(source);
      try {
        calls.map(tree, source, ids);
        calls.attach(tree, target);
      } finally {
        Libc.get().close(tree);
      }
    }
  }

  /** The calls of one mount: their memory, where errno goes, and an empty path. */
  private record Calls(Arena arena, MemorySegment state, MemorySegment nothing) {

    int openTree(Path source) throws ErrnoException {
      long flags = OPEN_TREE_CLONE | Libc.O_CLOEXEC | AT_SYMLINK_NOFOLLOW;
      MemorySegment path = arena.allocateFrom(source.toString());
      return (int)
          call(
              "open_tree " + source,
              SYS_OPEN_TREE,
              AT_FDCWD,
              path,
              new Rest(flags, MemorySegment.NULL, 0));
    }

    void map(int tree, Path source, UserNamespace ids) throws ErrnoException {
      MemorySegment attributes = arena.allocate(MOUNT_ATTR_SIZE, Long.BYTES);
      attributes.setAtIndex(JAVA_LONG, 0, MOUNT_ATTR_IDMAP | MOUNT_ATTR_RDONLY);
      attributes.setAtIndex(JAVA_LONG, 2, MS_PRIVATE);
      attributes.setAtIndex(JAVA_LONG, 3, ids.fd());
      call(
          "mount_setattr " + source,
          SYS_MOUNT_SETATTR,
          tree,
          nothing,
          new Rest(AT_EMPTY_PATH, attributes, MOUNT_ATTR_SIZE));
    }

    void attach(int tree, Path target) throws ErrnoException {
      MemorySegment path = arena.allocateFrom(target.toString());
      call(
          "move_mount " + target,
          SYS_MOVE_MOUNT,
          tree,
          nothing,
          new Rest(AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH));
    }

    /** The last three arguments of a call. */
    private record Rest(long third, MemorySegment fourth, long fifth) {}

    private long call(String attempted, long number, long fd, MemorySegment path, Rest rest)
        throws ErrnoException {
      try {
        long result =
            (long)
                SYSCALL.invokeExact(state, number, fd, path, rest.third, rest.fourth, rest.fifth);
        return NativeCalls.checked(result, state, attempted);
      } catch (Throwable e) {
        throw NativeCalls.failure(e);
      }
    }
  }
}
