package io.loadstar.deflate;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Bytes that grow by bits, the lowest first (RFC 1951, section 3.1.1), or by whole bytes. Not
 * thread-safe; made to be used again.
 */
public final class BitOutput {

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private byte[] bytes = new byte[256 << 10];
  private int size;
  private long pending;
  private int pendingBits;

  /** Drops all that was written. */
  public void clear() {
    size = 0;
    pending = 0;
    pendingBits = 0;
  }

  /** How many whole bytes were written. */
  public int size() {
    return size + (pendingBits >>> 3);
  }

  /**
   * Appends bytes; the bits before must have been {@linkplain #align filled up}.
   *
   * @throws IllegalStateException if they weren't
   */
  public void bytes(byte[] source, int start, int count) {
    flush();
    if (pendingBits != 0) {
      throw new IllegalStateException("bytes behind a broken byte");
    }
    room(count);
    System.arraycopy(source, start, bytes, size, count);
    size += count;
  }

  /** Appends an int of four bytes, the lowest first. */
  public void littleEndian(int value) {
    flush();
    bits(value & 0xffffffffL, Integer.SIZE);
    flush();
  }

  /** A copy of all bytes; bits that don't fill one are left out. */
  public byte[] toByteArray() {
    flush();
    return Arrays.copyOf(bytes, size);
  }

  /**
   * Appends bits; at most 56 between two {@linkplain #flush flushes}.
   *
   * @param value has no other bits
   */
  void bits(long value, int count) {
    pending |= value << pendingBits;
    pendingBits += count;
  }

  /** Takes whole bytes out of what is pending, so that there is room for 56 bits again. */
  void flush() {
    if (bytes.length - size < Long.BYTES) {
      room(Long.BYTES);
    }
    LONG.set(bytes, size, pending);
    size += pendingBits >>> 3;
    pending >>>= pendingBits & ~7;
    pendingBits &= 7;
  }

  /** Fills the last byte up with zeros. */
  void align() {
    pendingBits = (pendingBits + 7) & ~7;
    flush();
  }

  private void room(int count) {
    if (bytes.length - size < count) {
      int doubled = Math.addExact(bytes.length, bytes.length);
      bytes = Arrays.copyOf(bytes, Math.max(doubled, Math.addExact(size, count)));
    }
  }
}
