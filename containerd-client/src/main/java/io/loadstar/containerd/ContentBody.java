package io.loadstar.containerd;

import java.io.IOException;
import java.io.OutputStream;

/** Bytes on their way into containerd's content store. */
@FunctionalInterface
public interface ContentBody {

  /**
   * Writes the bytes from {@code offset} (0 unless an earlier write was cut off) to the end. May be
   * called again from 0 if what an earlier write left turns out to be bad.
   *
   * @throws IOException if they can't be had, or as {@code out} throws
   */
  void writeTo(long offset, OutputStream out) throws IOException;

  /** Bytes in memory. */
  static ContentBody of(byte[] bytes) {
    return (offset, out) -> out.write(bytes, (int) offset, bytes.length - (int) offset);
  }
}
