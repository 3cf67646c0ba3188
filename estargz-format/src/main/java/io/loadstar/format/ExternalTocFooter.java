package io.loadstar.format;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The last bytes of an eStargz blob whose TOC is in another image: an empty gzip member, whose
 * extra field says no more than that. Stateless.
 *
 * <pre>
 *  10  1f 8b 08 04, MTIME 00 00 00 00, XFL 00, OS ff      RFC 1952, section 2.3
 *   2  XLEN 15 00
 *   4  "SG", LEN 11 00
 *  17  "STARGZEXTERNALTOC"
 *   5  01 00 00 ff ff: a last, stored, empty block        RFC 1951, section 3.2.4
 *   8  CRC32 and ISIZE: zero
 * </pre>
 */
final class ExternalTocFooter {

  /** How many bytes it has. */
  static final int SIZE = 46;

  private static final byte[] MAGIC = "STARGZEXTERNALTOC".getBytes(US_ASCII);
  private static final int EXTRA_AT = 10;

  private ExternalTocFooter() {}

  static byte[] encode() {
    ByteBuffer footer = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
    footer.put(new byte[] {0x1f, (byte) 0x8b, 8, 4, 0, 0, 0, 0, 0, (byte) 0xff});
    footer.putShort((short) (4 + MAGIC.length));
    footer.put(new byte[] {'S', 'G'}).putShort((short) MAGIC.length).put(MAGIC);
    return footer.put(new byte[] {1, 0, 0, (byte) 0xff, (byte) 0xff}).array(); // trailer: zero
  }

  /** Whether the last bytes of {@code tail} are one; MTIME, XFL and OS aren't compared. */
  static boolean matches(ByteBuffer tail) {
    if (tail.remaining() < SIZE) {
      return false;
    }
    int start = tail.limit() - SIZE;
    ByteBuffer expected = ByteBuffer.wrap(encode());
    return tail.slice(start, 4).equals(expected.slice(0, 4))
        && tail.slice(start + EXTRA_AT, 6 + MAGIC.length)
            .equals(expected.slice(EXTRA_AT, 6 + MAGIC.length));
  }
}
