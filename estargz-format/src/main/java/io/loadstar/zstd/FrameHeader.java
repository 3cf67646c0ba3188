package io.loadstar.zstd;

import io.loadstar.blob.MalformedBlobException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The header of a frame, gathered byte by byte: what memory its decoder will take is known before
 * it takes it. Not thread-safe, used again ({@link #reset}).
 *
 * <p>Source: RFC 8878, sections 3.1.1.1 (frame header) and 3.1.2 (skippable frames).
 */
final class FrameHeader {

  /**
   * The largest window that is taken: 32 MiB. The format allows more, and asks decoders to take 8
   * MiB; the best levels of the writers in use have 32.
   */
  static final long MAX_WINDOW = 32L << 20;

  private static final int MAGIC = 0xfd2fb528;
  private static final int SKIPPABLE = 0x184d2a50;
  private static final int SKIPPABLE_MASK = 0xfffffff0;
  private static final int MAGIC_SIZE = 4;
  private static final int MAX_SIZE = 18;
  private static final int SINGLE_SEGMENT = 0x20;
  private static final int RESERVED = 0x08;
  private static final int MIN_WINDOW_LOG = 10;
  private static final int[] DICTIONARY_ID_SIZES = {0, 1, 2, 4};
  private static final int[] CONTENT_SIZE_SIZES = {0, 2, 4, 8};

  private final ByteBuffer bytes = ByteBuffer.allocate(MAX_SIZE).order(ByteOrder.LITTLE_ENDIAN);

  void reset() {
    bytes.clear();
  }

  /** Whether nothing of it has been seen. */
  boolean isUntouched() {
    return bytes.position() == 0;
  }

  /** What was gathered, to be handed on. */
  ByteBuffer gathered() {
    return bytes.duplicate().flip();
  }

  /**
   * Takes what is missing of it from {@code in}.
   *
   * @param offset where in the blob it starts, for errors
   * @return whether it is complete
   * @throws MalformedBlobException if it is no frame's, or one that would take too much memory
   */
  boolean accept(ByteBuffer in, long offset) throws MalformedBlobException {
    while (bytes.position() < size()) {
      if (!in.hasRemaining()) {
        return false;
      }
      bytes.put(in.get());
      if (bytes.position() == MAGIC_SIZE) {
        requireMagic(offset);
      }
    }
    requireBearable(offset);
    return true;
  }

  private int size() {
    if (bytes.position() < MAGIC_SIZE) {
      return MAGIC_SIZE;
    }
    if (isSkippable()) {
      return MAGIC_SIZE;
    }
    if (bytes.position() == MAGIC_SIZE) {
      return MAGIC_SIZE + 1;
    }
    int window = isSingleSegment() ? 0 : 1;
    return MAGIC_SIZE + 1 + window + dictionaryIdSize() + contentSizeSize();
  }

  private void requireMagic(long offset) throws MalformedBlobException {
    if (bytes.getInt(0) != MAGIC && !isSkippable()) {
      throw new MalformedBlobException("zstd frame: begins otherwise", offset);
    }
  }

  private void requireBearable(long offset) throws MalformedBlobException {
    if (isSkippable()) {
      return;
    }
    if ((descriptor() & RESERVED) != 0) {
      throw new MalformedBlobException("zstd frame: a reserved bit is set", offset);
    }
    if (dictionaryIdSize() != 0) {
      throw new MalformedBlobException("zstd frame: asks for a dictionary", offset);
    }
    long window = isSingleSegment() ? contentSize() : window();
    if (window < 0 || window > MAX_WINDOW) {
      throw new MalformedBlobException(
          "zstd frame: a window of " + window + " bytes, more than " + MAX_WINDOW, offset);
    }
  }

  private boolean isSkippable() {
    return (bytes.getInt(0) & SKIPPABLE_MASK) == SKIPPABLE;
  }

  private int descriptor() {
    return bytes.get(MAGIC_SIZE) & 0xff;
  }

  private boolean isSingleSegment() {
    return (descriptor() & SINGLE_SEGMENT) != 0;
  }

  private int dictionaryIdSize() {
    return DICTIONARY_ID_SIZES[descriptor() & 3];
  }

  private int contentSizeSize() {
    int flag = descriptor() >>> 6;
    return flag == 0 && isSingleSegment() ? 1 : CONTENT_SIZE_SIZES[flag];
  }

  private long window() {
    int descriptor = bytes.get(MAGIC_SIZE + 1) & 0xff;
    long base = 1L << (MIN_WINDOW_LOG + (descriptor >>> 3));
    return base + base / 8 * (descriptor & 7);
  }

  private long contentSize() {
    int at = MAGIC_SIZE + 1 + dictionaryIdSize();
    return switch (contentSizeSize()) {
      case 1 -> bytes.get(at) & 0xff;
      case 2 -> (bytes.getShort(at) & 0xffff) + 256;
      case 4 -> bytes.getInt(at) & 0xffffffffL;
      default -> bytes.getLong(at);
    };
  }
}
