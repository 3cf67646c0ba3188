package io.loadstar.transport.jnr;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * Memory that libfuse hands over as bare addresses. Thread-safe as far as memory is.
 *
 * <p>Nothing is checked here: an address is as good as libfuse's word. One segment over the whole
 * address space spares an object per access.
 */
@SuppressWarnings("restricted")
final class NativeMemory {

  private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private NativeMemory() {}

  static int getInt(long address) {
    return ALL.get(JAVA_INT_UNALIGNED, address);
  }

  static void putInt(long address, int value) {
    ALL.set(JAVA_INT_UNALIGNED, address, value);
  }

  static long getLong(long address) {
    return ALL.get(JAVA_LONG_UNALIGNED, address);
  }

  static void putLong(long address, long value) {
    ALL.set(JAVA_LONG_UNALIGNED, address, value);
  }

  static byte getByte(long address) {
    return ALL.get(JAVA_BYTE, address);
  }

  static void putByte(long address, byte value) {
    ALL.set(JAVA_BYTE, address, value);
  }

  /** A view of {@code size} bytes, valid as long as they are allocated. */
  static ByteBuffer view(long address, int size) {
    return MemorySegment.ofAddress(address).reinterpret(size).asByteBuffer();
  }
}
