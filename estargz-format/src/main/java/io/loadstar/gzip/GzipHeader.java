package io.loadstar.gzip;

import io.loadstar.blob.MalformedBlobException;
import java.nio.ByteBuffer;

/**
 * Reads past the header of a gzip member (RFC 1952, section 2.3), whose bytes may arrive in any
 * number of pieces. Not thread-safe.
 */
final class GzipHeader {

  private static final int ID1 = 0x1f;
  private static final int ID2 = 0x8b;
  private static final int DEFLATE = 8;
  private static final int FHCRC = 0x02;
  private static final int FEXTRA = 0x04;
  private static final int FNAME = 0x08;
  private static final int FCOMMENT = 0x10;
  private static final int RESERVED = 0xe0;

  /** Longest name or comment that is read past. */
  private static final int MAX_TEXT = 1 << 16;

  private enum Part {
    FIXED,
    EXTRA_LENGTH,
    EXTRA,
    NAME,
    COMMENT,
    CHECKSUM,
    DONE
  }

  private Part part = Part.FIXED;
  private int done;
  private int flags;
  private int extraLength;

  void reset() {
    part = Part.FIXED;
    done = 0;
    flags = 0;
    extraLength = 0;
  }

  /** Whether no byte of the header has been seen yet. */
  boolean isUntouched() {
    return part == Part.FIXED && done == 0;
  }

  /**
   * Consumes header bytes of {@code in}.
   *
   * @param offset where in the blob {@code in} stands, for errors
   * @return whether the header is complete; if not, {@code in} is used up
   * @throws MalformedBlobException if this is no gzip header
   */
  boolean accept(ByteBuffer in, long offset) throws MalformedBlobException {
    int start = in.position();
    while (true) {
      skipAbsentParts();
      if (part == Part.DONE) {
        return true;
      }
      if (!in.hasRemaining()) {
        return false;
      }
      accept(in.get() & 0xff, offset + in.position() - 1 - start);
    }
  }

  private void skipAbsentParts() {
    if (part == Part.EXTRA_LENGTH && (flags & FEXTRA) == 0) {
      enter(Part.NAME);
    }
    if (part == Part.EXTRA && done == extraLength) {
      enter(Part.NAME);
    }
    if (part == Part.NAME && (flags & FNAME) == 0) {
      enter(Part.COMMENT);
    }
    if (part == Part.COMMENT && (flags & FCOMMENT) == 0) {
      enter(Part.CHECKSUM);
    }
    if (part == Part.CHECKSUM && (flags & FHCRC) == 0) {
      enter(Part.DONE);
    }
  }

  private void enter(Part next) {
    part = next;
    done = 0;
  }

  private void accept(int value, long offset) throws MalformedBlobException {
    switch (part) {
      case FIXED -> acceptFixed(value, offset);
      case EXTRA_LENGTH -> {
        extraLength |= value << (8 * done++);
        if (done == 2) {
          enter(Part.EXTRA);
        }
      }
      case EXTRA -> done++;
      case NAME -> acceptText(value, Part.COMMENT, offset);
      case COMMENT -> acceptText(value, Part.CHECKSUM, offset);
      case CHECKSUM -> {
        if (++done == 2) {
          enter(Part.DONE);
        }
      }
      case DONE -> throw new IllegalStateException("the header is complete");
    }
  }

  private void acceptFixed(int value, long offset) throws MalformedBlobException {
    switch (done) {
      case 0 -> require(value == ID1, "ID1", value, offset);
      case 1 -> require(value == ID2, "ID2", value, offset);
      case 2 -> require(value == DEFLATE, "CM", value, offset);
      case 3 -> {
        require((value & RESERVED) == 0, "FLG", value, offset);
        flags = value;
      }
      default -> {} // MTIME, XFL, OS: any value
    }
    if (++done == 10) {
      enter(Part.EXTRA_LENGTH);
    }
  }

  private void acceptText(int value, Part next, long offset) throws MalformedBlobException {
    if (++done > MAX_TEXT) {
      throw new MalformedBlobException("gzip header: a text longer than " + MAX_TEXT, offset);
    }
    if (value == 0) {
      enter(next);
    }
  }

  private static void require(boolean holds, String field, int value, long offset)
      throws MalformedBlobException {
    if (!holds) {
      throw new MalformedBlobException(
          "not a gzip header: " + field + " is 0x" + Integer.toHexString(value), offset);
    }
  }
}
