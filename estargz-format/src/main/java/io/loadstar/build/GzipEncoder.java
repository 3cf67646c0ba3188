package io.loadstar.build;

import io.loadstar.deflate.BitOutput;
import io.loadstar.deflate.DeflateEncoder;
import java.util.zip.CRC32;

/**
 * Makes gzip members. Not thread-safe.
 *
 * <p>The member's header (RFC 1952, section 2.3): no flags, MTIME 0, XFL 2 for the best and 4 for
 * the fastest level, OS 255.
 */
final class GzipEncoder implements MemberEncoder {

  private static final int BEST = 9;
  private static final int FASTEST = 1;

  private final byte[] header;
  private final BitOutput output;
  private final DeflateEncoder encoder;
  private final CRC32 crc = new CRC32();
  private long size;

  GzipEncoder(int level, BitOutput output) {
    this.output = output;
    this.encoder = new DeflateEncoder(level, output);
    this.header = new byte[] {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, extraFlags(level), (byte) 0xff};
  }

  private static byte extraFlags(int level) {
    return switch (level) {
      case BEST -> 2;
      case FASTEST -> 4;
      default -> 0;
    };
  }

  @Override
  public void begin(long bytes) {
    crc.reset();
    size = 0;
    output.bytes(header, 0, header.length);
    encoder.begin();
  }

  @Override
  public void add(byte[] bytes, int count) {
    crc.update(bytes, 0, count);
    size += count;
    encoder.add(bytes, 0, count);
  }

  /** CRC32 and ISIZE, the size modulo 2^32. */
  @Override
  public void end() {
    encoder.end();
    output.littleEndian((int) crc.getValue());
    output.littleEndian((int) size);
  }

  @Override
  public void close() {}
}
