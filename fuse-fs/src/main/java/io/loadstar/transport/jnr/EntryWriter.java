package io.loadstar.transport.jnr;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.loadstar.fs.ReadOnlyFileSystem;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;

/**
 * Hands directory entries to libfuse's filler, each with where to go on behind it: so libfuse keeps
 * no more of a directory than one reply. Confined to the thread whose arena it is given.
 */
@SuppressWarnings("restricted")
final class EntryWriter implements ReadOnlyFileSystem.DirectorySink {

  /** FUSE_NAME_MAX (fs/fuse/fuse_i.h): what the kernel takes for a name. */
  private static final int LONGEST_NAME = 1024;

  /** int fill(void *buffer, const char *name, const struct stat *stat, off_t offset) */
  private static final MethodHandle FILL =
      Linker.nativeLinker()
          .downcallHandle(
              FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));

  private final MemorySegment stat;
  private final MemorySegment name;
  private final ByteBuffer nameBytes;
  private MemorySegment filler = MemorySegment.NULL;
  private long buffer;

  EntryWriter(Arena arena) {
    stat = arena.allocate(StatLayout.SIZE_OF_STAT, Long.BYTES);
    name = arena.allocate(LONGEST_NAME + 1);
    nameBytes = name.asByteBuffer();
  }

  EntryWriter to(long fillerAddress, long directoryBuffer) {
    if (filler.address() != fillerAddress) {
      filler = MemorySegment.ofAddress(fillerAddress);
    }
    buffer = directoryBuffer;
    return this;
  }

  @Override
  public boolean entry(long inode, int mode, ByteBuffer entryName, long nextCookie) {
    int length = entryName.remaining();
    if (length > LONGEST_NAME || nextCookie == 0) {
      throw new IllegalStateException(
          "no directory entry: a name of " + length + " bytes, cookie " + nextCookie);
    }
    nameBytes.put(0, entryName, entryName.position(), length).put(length, (byte) 0);
    NativeMemory.putLong(stat.address() + StatLayout.INO, inode);
    NativeMemory.putInt(stat.address() + StatLayout.MODE, mode);
    try {
      return (int) FILL.invokeExact(filler, buffer, name.address(), stat.address(), nextCookie)
          == 0;
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
