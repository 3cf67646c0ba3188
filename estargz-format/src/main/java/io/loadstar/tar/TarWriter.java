package io.loadstar.tar;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * Writes what of a tar isn't copied from another: the headers of entries that the format itself
 * adds, and the end of the archive. Stateless.
 */
public final class TarWriter {

  /** Bytes of a block; headers are one, payloads are filled up to one. */
  public static final int BLOCK = TarHeader.BLOCK;

  /** Bytes of the end of an archive: two zero blocks. */
  public static final int END_OF_ARCHIVE = 2 * BLOCK;

  private static final int NAME_LENGTH = 100;

  /** Eleven octal digits. */
  private static final long MAX_SIZE = (1L << 33) - 1;

  private TarWriter() {}

  /**
   * The header of a regular file of which nothing is said but name and size: mode, owner and time
   * are zero.
   *
   * @param name at most 100 bytes of ASCII
   * @param size of its payload, less than 8 GiB
   */
  public static byte[] header(String name, long size) {
    byte[] nameBytes = name.getBytes(UTF_8);
    if (nameBytes.length > NAME_LENGTH || size < 0 || size > MAX_SIZE) {
      throw new IllegalArgumentException("no plain header for " + name + " of " + size + " bytes");
    }
    byte[] block = new byte[BLOCK];
    System.arraycopy(nameBytes, 0, block, TarHeader.NAME, nameBytes.length);
    octal(block, TarHeader.MODE, 7, 0);
    octal(block, TarHeader.UID, 7, 0);
    octal(block, TarHeader.GID, 7, 0);
    octal(block, TarHeader.SIZE, 11, size);
    octal(block, TarHeader.MTIME, 11, 0);
    block[TarHeader.TYPE] = '0';
    put(block, TarHeader.MAGIC, "ustar\00000");
    octal(block, TarHeader.MAJOR, 7, 0);
    octal(block, TarHeader.MINOR, 7, 0);
    checksum(block);
    return block;
  }

  private static void checksum(byte[] block) {
    put(block, TarHeader.CHECKSUM, "        ");
    long sum = 0;
    for (byte b : block) {
      sum += b & 0xff;
    }
    octal(block, TarHeader.CHECKSUM, 6, sum);
    block[TarHeader.CHECKSUM + 6] = 0; // and the space behind it stays
  }

  /** A PAX extended header of these records, for the header behind it: whole blocks. */
  static byte[] extension(byte[] records) {
    byte[] header = header("PaxHeaders/entry", records.length);
    header[TarHeader.TYPE] = 'x';
    checksum(header);
    byte[] whole =
        java.util.Arrays.copyOf(header, BLOCK + records.length + padding(records.length));
    System.arraycopy(records, 0, whole, BLOCK, records.length);
    return whole;
  }

  /** How many zero bytes fill up a payload of {@code size} bytes. */
  public static int padding(long size) {
    return (int) (-size & (BLOCK - 1));
  }

  private static void octal(byte[] block, int at, int digits, long value) {
    String text = Long.toOctalString(value);
    put(block, at, "0".repeat(digits - text.length()) + text);
  }

  private static void put(byte[] block, int at, String text) {
    byte[] bytes = text.getBytes(US_ASCII);
    System.arraycopy(bytes, 0, block, at, bytes.length);
  }
}
