package io.loadstar.format;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.loadstar.blob.MalformedBlobException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;

/**
 * The last bytes of an eStargz blob: an empty gzip member whose extra field says where the TOC is.
 * It says nothing of whether the blob can be verified.
 *
 * <pre>
 * LEGACY, 47 = 10 + 2 + 22 + 5 + 8
 *   10  1f 8b 08 04, MTIME 00 00 00 00, XFL 00, OS ff      RFC 1952, section 2.3
 *    2  XLEN 16 00: 22 bytes
 *   22  TOC offset as 16 hex digits, "STARGZ"              no subfield, against section 2.3.1.1
 *    5  01 00 00 ff ff: a last, stored, empty block        RFC 1951, section 3.2.4
 *    8  CRC32 and ISIZE: zero
 *
 * SUBFIELD, 51 = 10 + 2 + 4 + 22 + 5 + 8
 *    as above, but XLEN 1a 00, and before the digits the subfield's head: "SG", LEN 16 00
 * </pre>
 */
public enum StargzFooter {
  /** 47 bytes, as the first writers had it; read by all readers. */
  LEGACY(0),
  /** 51 bytes, as RFC 1952 wants extra fields. */
  SUBFIELD(4);

  private static final byte[] MEMBER_START = {0x1f, (byte) 0x8b, 8, 4};
  private static final byte[] MEMBER_REST = {0, 0, 0, 0, 0, (byte) 0xff};
  private static final byte[] SUBFIELD_ID = {'S', 'G'};
  private static final byte[] MAGIC = "STARGZ".getBytes(US_ASCII);
  private static final byte[] EMPTY_BLOCK = {1, 0, 0, (byte) 0xff, (byte) 0xff};
  private static final int HEADER = 10;
  private static final int XLEN = 2;
  private static final int OFFSET_DIGITS = 16;
  private static final int TRAILER = 8;

  private static final int PAYLOAD = OFFSET_DIGITS + MAGIC.length;

  private final int subfieldHead;

  StargzFooter(int subfieldHead) {
    this.subfieldHead = subfieldHead;
  }

  /** How many bytes it has. */
  public int size() {
    return HEADER + XLEN + subfieldHead + PAYLOAD + EMPTY_BLOCK.length + TRAILER;
  }

  /** The footer of a blob whose TOC member starts at {@code tocOffset}. */
  public byte[] encode(long tocOffset) {
    ByteBuffer footer = ByteBuffer.allocate(size()).order(ByteOrder.LITTLE_ENDIAN);
    footer.put(MEMBER_START).put(MEMBER_REST).putShort((short) (subfieldHead + PAYLOAD));
    if (subfieldHead > 0) {
      footer.put(SUBFIELD_ID).putShort((short) PAYLOAD);
    }
    footer.put(HexFormat.of().toHexDigits(tocOffset).getBytes(US_ASCII)).put(MAGIC);
    return footer.put(EMPTY_BLOCK).array(); // the trailer is zero
  }

  /**
   * Whether the last bytes of {@code tail} are a footer of this kind: everything that tells its
   * kind is compared, MTIME, XFL and OS aren't.
   */
  boolean matches(ByteBuffer tail) {
    if (tail.remaining() < size()) {
      return false;
    }
    ByteBuffer footer = footer(tail);
    return startsWith(footer, 0, MEMBER_START)
        && footer.getShort(HEADER) == subfieldHead + PAYLOAD
        && (subfieldHead == 0 || hasSubfield(footer))
        && startsWith(footer, HEADER + XLEN + subfieldHead + OFFSET_DIGITS, MAGIC);
  }

  private static boolean hasSubfield(ByteBuffer footer) {
    return startsWith(footer, HEADER + XLEN, SUBFIELD_ID)
        && footer.getShort(HEADER + XLEN + SUBFIELD_ID.length) == PAYLOAD;
  }

  /**
   * The TOC's offset that the footer at the end of {@code tail} tells; it {@link #matches}.
   *
   * @param blobSize of the whole blob, whose end {@code tail} is
   * @throws MalformedBlobException if the offset isn't a number, or lies outside the blob
   */
  long tocOffset(ByteBuffer tail, long blobSize) throws MalformedBlobException {
    byte[] digits = new byte[OFFSET_DIGITS];
    footer(tail).get(HEADER + XLEN + subfieldHead, digits);
    long footerOffset = blobSize - size();
    String hex = new String(digits, US_ASCII);
    long offset;
    try {
      offset = HexFormat.fromHexDigitsToLong(hex);
    } catch (IllegalArgumentException e) {
      throw new MalformedBlobException("footer: TOC offset isn't hex: " + hex, footerOffset, e);
    }
    if (offset < 0 || offset >= footerOffset) {
      throw new MalformedBlobException(
          "footer: TOC offset 0x" + hex + " isn't before the footer", footerOffset);
    }
    return offset;
  }

  private ByteBuffer footer(ByteBuffer tail) {
    return tail.slice(tail.limit() - size(), size()).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static boolean startsWith(ByteBuffer bytes, int at, byte[] expected) {
    for (int i = 0; i < expected.length; i++) {
      if (bytes.get(at + i) != expected[i]) {
        return false;
      }
    }
    return true;
  }
}
