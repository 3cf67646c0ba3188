package io.loadstar.blob;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Where the bytes of one blob come from: a registry, an OCI layout, a file.
 *
 * <p>Thread-safe: any number of threads read at once. What is read is not verified here; whoever
 * keeps or serves it compares digests first. Waiting is the caller's: every method may block on the
 * network.
 */
public interface BlobSource extends Closeable {

  /** The digest that the blob is asked for by. */
  Digest digest();

  /** The size of the whole blob in bytes. */
  long size();

  /**
   * Fills what remains of {@code destination} with the bytes from {@code offset} on.
   *
   * @throws java.io.EOFException if the blob ends before the buffer is full
   * @throws IOException if the bytes can't be had
   */
  default void readFully(long offset, ByteBuffer destination) throws IOException {
    ByteRange range = new ByteRange(offset, destination.remaining());
    readRanges(
        List.of(range),
        (wanted, bytes) -> {
          byte[] window = new byte[Math.min(1 << 16, Math.max(1, destination.remaining()))];
          while (destination.hasRemaining()) {
            int count = bytes.read(window, 0, Math.min(window.length, destination.remaining()));
            if (count < 0) {
              throw new java.io.EOFException(
                  digest() + ": the blob ended " + destination.remaining() + " bytes short");
            }
            destination.put(window, 0, count);
          }
        });
  }

  /**
   * Streams each of {@code ranges}, in the order given, to {@code receiver}. Ranges are ascending
   * and don't overlap. Bytes are handed on as they arrive, so that a long range can be decoded
   * while it is under way.
   *
   * @throws IOException if a range can't be had, or as {@code receiver} throws; ranges that were
   *     already received stay received
   */
  void readRanges(List<ByteRange> ranges, RangeReceiver receiver) throws IOException;

  /**
   * Asks whether the blob can still be had, at the cost of one small request at most.
   *
   * @throws IOException if it can't
   */
  void check() throws IOException;

  /** Takes the bytes of one range. */
  @FunctionalInterface
  interface RangeReceiver {

    /**
     * Called once for each range. The stream holds exactly {@code range.length()} bytes, belongs to
     * the caller, and is valid until this method returns; what isn't read of it is dropped.
     */
    void receive(ByteRange range, InputStream bytes) throws IOException;
  }
}
