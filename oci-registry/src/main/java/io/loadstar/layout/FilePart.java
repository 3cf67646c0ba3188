package io.loadstar.layout;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * A run of a file's bytes. Immutable and thread-safe; the channel is somebody else's.
 *
 * @param offset where in the file it starts
 * @param size how many bytes it has
 */
record FilePart(FileChannel channel, long offset, long size) {

  /**
   * Fills what remains of {@code destination} with the bytes from {@code start} (in this part) on.
   *
   * @throws EOFException if it ends before
   */
  void readFully(long start, ByteBuffer destination) throws IOException {
    if (start < 0 || destination.remaining() > size - start) {
      throw new EOFException(
          "bytes " + start + " to " + (start + destination.remaining()) + " of " + size);
    }
    long position = offset + start;
    while (destination.hasRemaining()) {
      int count = channel.read(destination, position);
      if (count < 0) {
        throw new EOFException("the file has become shorter than " + position + " bytes");
      }
      position += count;
    }
  }
}
