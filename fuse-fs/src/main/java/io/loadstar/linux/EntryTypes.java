package io.loadstar.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * Whether a file system tells the types of a directory's entries (d_type of getdents64(2)), without
 * which an overlay upon it shows whiteouts as files: ext4 without the feature {@code filetype}, xfs
 * with {@code ftype=0}. Thread-safe; blocks in the kernel.
 */
public final class EntryTypes {

  /** O_DIRECTORY differs from one machine to the next, and isn't needed: this only fails later. */
  private static final int O_RDONLY = 0;

  private static final int BUFFER = 32 << 10;

  /** struct linux_dirent64: d_ino and d_off of 64 bits, d_reclen of 16, d_type of 8, d_name. */
  private static final long RECORD_LENGTH = 8 + 8;

  private static final long TYPE = RECORD_LENGTH + 2;
  private static final long NAME = TYPE + 1;
  private static final byte DT_UNKNOWN = 0;

  private static final MethodHandle GETDENTS =
      NativeCalls.handle(
          "getdents64", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));

  private EntryTypes() {}

  /**
   * Whether the type of an entry of {@code directory} is told, other than of "." and "..", which
   * some file systems know of anyway.
   *
   * @param directory which isn't empty; an empty one counts as one whose entries' types are told
   * @throws ErrnoException if it can't be read
   */
  @SuppressWarnings("restricted")
  public static boolean areTold(Path directory) throws ErrnoException {
    int fd = Libc.get().open(directory, O_RDONLY | Libc.O_CLOEXEC);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(NativeCalls.STATE);
      MemorySegment entries = arena.allocate(BUFFER, Long.BYTES);
      long length =
          NativeCalls.checked(
              (long) GETDENTS.invokeExact(state, fd, entries, (long) BUFFER),
              state,
              "getdents64 " + directory);
      return firstIsTold(entries, length);
    } catch (Throwable e) {
      throw NativeCalls.failure(e);
    } finally {
      Libc.get().close(fd);
    }
  }

  private static boolean firstIsTold(MemorySegment entries, long length) {
    for (long at = 0; at < length; ) {
      String name = entries.getString(at + NAME);
      if (!name.equals(".") && !name.equals("..")) {
        return entries.get(JAVA_BYTE, at + TYPE) != DT_UNKNOWN;
      }
      at += Short.toUnsignedInt(entries.get(JAVA_SHORT_UNALIGNED, at + RECORD_LENGTH));
    }
    return true;
  }
}
