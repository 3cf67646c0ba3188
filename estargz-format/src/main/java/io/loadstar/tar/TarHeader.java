package io.loadstar.tar;

import io.loadstar.blob.MalformedBlobException;
import java.util.Arrays;

/**
 * One header block of 512 bytes, its fields by the layout of POSIX ustar, V7, GNU and star. Not
 * thread-safe: a view of the array that it was given.
 *
 * <pre>
 *   0 name 100   100 mode 8   108 uid 8   116 gid 8   124 size 12   136 mtime 12   148 checksum 8
 * 156 type 1     157 link name 100        257 magic 6 and version 2
 * 265 user 32    297 group 32             329 major 8   337 minor 8   345 prefix 155
 * </pre>
 */
final class TarHeader {

  static final int BLOCK = 512;

  static final int NAME = 0;
  static final int MODE = 100;
  static final int UID = 108;
  static final int GID = 116;
  static final int SIZE = 124;
  static final int MTIME = 136;
  static final int CHECKSUM = 148;
  static final int TYPE = 156;
  private static final int LINK_NAME = 157;
  static final int MAGIC = 257;
  private static final int USER = 265;
  private static final int GROUP = 297;
  static final int MAJOR = 329;
  static final int MINOR = 337;
  private static final int PREFIX = 345;
  private static final int STAR_TRAILER = 508;

  private static final int NAME_LENGTH = 100;
  private static final int OWNER_LENGTH = 32;
  private static final int PREFIX_LENGTH = 155;

  /** star keeps atime and ctime behind a shorter prefix. */
  private static final int STAR_PREFIX_LENGTH = 131;

  private final byte[] block;
  private final long offset;

  /**
   * @param block 512 bytes
   * @param offset where they stand in the tar, for errors
   */
  TarHeader(byte[] block, long offset) {
    this.block = block;
    this.offset = offset;
  }

  static boolean isZero(byte[] block) {
    for (byte b : block) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  /** Whether the checksum is right, as unsigned bytes or, as some old writers had it, signed. */
  boolean hasRightChecksum() {
    long unsigned = 0;
    long signed = 0;
    for (int i = 0; i < BLOCK; i++) {
      byte b = i >= CHECKSUM && i < CHECKSUM + 8 ? (byte) ' ' : block[i];
      unsigned += b & 0xff;
      signed += b;
    }
    try {
      long written = number(CHECKSUM, 8, "checksum");
      return written == unsigned || written == signed;
    } catch (MalformedBlobException e) {
      return false; // asked of blocks that may be anything
    }
  }

  char type() {
    return (char) (block[TYPE] & 0xff);
  }

  long mode() throws MalformedBlobException {
    return number(MODE, 8, "mode");
  }

  long uid() throws MalformedBlobException {
    return number(UID, 8, "uid");
  }

  long gid() throws MalformedBlobException {
    return number(GID, 8, "gid");
  }

  long size() throws MalformedBlobException {
    return number(SIZE, 12, "size");
  }

  long mtime() throws MalformedBlobException {
    return number(MTIME, 12, "mtime");
  }

  long major() throws MalformedBlobException {
    return hasMagic() ? number(MAJOR, 8, "device number") : 0;
  }

  long minor() throws MalformedBlobException {
    return hasMagic() ? number(MINOR, 8, "device number") : 0;
  }

  byte[] linkName() {
    return text(LINK_NAME, NAME_LENGTH);
  }

  byte[] userName() {
    return hasMagic() ? text(USER, OWNER_LENGTH) : new byte[0];
  }

  byte[] groupName() {
    return hasMagic() ? text(GROUP, OWNER_LENGTH) : new byte[0];
  }

  /** The name, behind its prefix if the header has one. */
  byte[] name() {
    byte[] name = text(NAME, NAME_LENGTH);
    byte[] prefix = isPosix() ? text(PREFIX, prefixLength()) : new byte[0];
    if (prefix.length == 0) {
      return name;
    }
    byte[] whole = Arrays.copyOf(prefix, prefix.length + 1 + name.length);
    whole[prefix.length] = '/';
    System.arraycopy(name, 0, whole, prefix.length + 1, name.length);
    return whole;
  }

  private boolean hasMagic() {
    return startsWith(MAGIC, "ustar");
  }

  /** GNU's magic ends in a space, and keeps other things where the prefix is. */
  private boolean isPosix() {
    return hasMagic() && block[MAGIC + 5] == 0;
  }

  private int prefixLength() {
    return startsWith(STAR_TRAILER, "tar") && block[STAR_TRAILER + 3] == 0
        ? STAR_PREFIX_LENGTH
        : PREFIX_LENGTH;
  }

  private boolean startsWith(int start, String text) {
    for (int i = 0; i < text.length(); i++) {
      if (block[start + i] != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private byte[] text(int start, int length) {
    int end = start;
    while (end < start + length && block[end] != 0) {
      end++;
    }
    return Arrays.copyOfRange(block, start, end);
  }

  /** A number: octal digits among spaces and zero bytes, or GNU's base 256, two's complement. */
  private long number(int start, int length, String field) throws MalformedBlobException {
    return (block[start] & 0x80) != 0 ? base256(start, length, field) : octal(start, length, field);
  }

  private long base256(int start, int length, String field) throws MalformedBlobException {
    boolean negative = (block[start] & 0x40) != 0;
    long value = negative ? -1 : 0;
    for (int i = 0; i < length; i++) {
      int digit = block[start + i] & 0xff;
      if (i == 0) {
        digit = negative ? digit : digit & 0x7f;
      }
      long next = value << 8 | digit;
      if (next >> 8 != value) {
        throw malformed(field, "larger than 63 bits");
      }
      value = next;
    }
    return value;
  }

  private long octal(int start, int length, String field) throws MalformedBlobException {
    int i = start;
    int end = start + length;
    while (i < end && isFill(block[i])) {
      i++;
    }
    long value = 0;
    for (; i < end && !isFill(block[i]); i++) {
      int digit = block[i] - '0';
      if (digit < 0 || digit > 7) {
        throw malformed(field, "not octal");
      }
      value = value << 3 | digit; // 12 digits at most: 36 bits
    }
    return value;
  }

  private static boolean isFill(byte b) {
    return b == ' ' || b == 0;
  }

  private MalformedBlobException malformed(String field, String what) {
    return new MalformedBlobException("tar header: " + field + ": " + what, offset);
  }
}
