package io.loadstar.tar;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/** A tar made by hand, which may be wrong in any way. Not thread-safe. */
public final class TarBytes {

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** A ustar header of 512 bytes with the right checksum. */
  public byte[] header(String name, char type, long size) {
    byte[] block = TarWriter.header("x", size);
    byte[] bytes = name.getBytes(UTF_8);
    System.arraycopy(bytes, 0, block, 0, bytes.length);
    block[156] = (byte) type;
    return checksummed(block);
  }

  /** The header, its checksum made right. */
  public static byte[] checksummed(byte[] block) {
    Arrays.fill(block, 148, 156, (byte) ' ');
    int sum = 0;
    for (byte b : block) {
      sum += b & 0xff;
    }
    byte[] digits = String.format("%06o\0", sum).getBytes(US_ASCII);
    System.arraycopy(digits, 0, block, 148, digits.length);
    return block;
  }

  public TarBytes raw(byte[] bytes) {
    out.writeBytes(bytes);
    return this;
  }

  public TarBytes file(String name, char type, byte[] content) {
    raw(header(name, type, content.length)).raw(content);
    return raw(new byte[TarWriter.padding(content.length)]);
  }

  /** A link, which has a target and no content. */
  public TarBytes link(String name, char type, String target) {
    byte[] block = header(name, type, 0);
    byte[] bytes = target.getBytes(UTF_8);
    System.arraycopy(bytes, 0, block, 157, bytes.length);
    return raw(checksummed(block));
  }

  /** A PAX header of one record. */
  public TarBytes pax(String key, byte[] value) {
    byte[] tail = (" " + key + "=").getBytes(UTF_8);
    int length = tail.length + value.length + 1;
    int digits = Integer.toString(length).length();
    digits = Integer.toString(length + digits).length();
    ByteArrayOutputStream record = new ByteArrayOutputStream();
    record.writeBytes(Integer.toString(length + digits).getBytes(US_ASCII));
    record.writeBytes(tail);
    record.writeBytes(value);
    record.write('\n');
    return file("PaxHeaders/x", 'x', record.toByteArray());
  }

  /** All of it, and the end of the archive. */
  public byte[] end() {
    byte[] content = out.toByteArray();
    return Arrays.copyOf(content, content.length + TarWriter.END_OF_ARCHIVE);
  }
}
