package io.loadstar.layout;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes files of short names as a tar, without times and owners. Not thread-safe. Source:
 * POSIX.1-2017 pax, "ustar Interchange Format"; sizes of 8 GiB and more in base 256, GNU tar
 * manual, "Basic Tar Format".
 */
final class PlainTar {

  private static final int BLOCK = 512;
  private static final int NAME_LENGTH = 100;
  private static final int SIZE = 124;
  private static final int SIZE_LENGTH = 12;
  private static final int CHECKSUM = 148;
  private static final int CHECKSUM_LENGTH = 8;
  private static final long LARGEST_OCTAL = (1L << 33) - 1;

  private final OutputStream out;

  PlainTar(OutputStream out) {
    this.out = out;
  }

  void file(String name, Path content) throws IOException {
    long size = Files.size(content);
    out.write(header(name, size));
    if (Files.copy(content, out) != size) {
      throw new IOException(content + " has changed while it was read");
    }
    out.write(new byte[(int) (-size & (BLOCK - 1))]);
  }

  /** Two blocks of zeros. */
  void end() throws IOException {
    out.write(new byte[2 * BLOCK]);
  }

  private static byte[] header(String name, long size) {
    if (name.length() > NAME_LENGTH) {
      throw new IllegalArgumentException(name + " is too long for a plain header");
    }
    byte[] block = new byte[BLOCK];
    put(block, 0, name);
    put(block, 100, "0000644\0");
    put(block, 108, "0000000\0");
    put(block, 116, "0000000\0");
    putSize(block, size);
    put(block, 136, "00000000000\0");
    put(block, CHECKSUM, " ".repeat(CHECKSUM_LENGTH));
    block[156] = '0';
    put(block, 257, "ustar\00000");
    int sum = 0;
    for (byte b : block) {
      sum += b & 0xff;
    }
    put(block, CHECKSUM, octal(sum, 6) + "\0 ");
    return block;
  }

  private static void putSize(byte[] block, long size) {
    if (size <= LARGEST_OCTAL) {
      put(block, SIZE, octal(size, SIZE_LENGTH - 1) + "\0");
      return;
    }
    block[SIZE] = (byte) 0x80;
    for (int i = 0; i < Long.BYTES; i++) {
      block[SIZE + SIZE_LENGTH - 1 - i] = (byte) (size >>> (8 * i));
    }
  }

  private static String octal(long value, int digits) {
    String text = Long.toOctalString(value);
    return "0".repeat(digits - text.length()) + text;
  }

  private static void put(byte[] block, int offset, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(bytes, 0, block, offset, bytes.length);
  }
}
