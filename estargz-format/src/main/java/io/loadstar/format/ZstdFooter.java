package io.loadstar.format;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.MalformedBlobException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The last bytes of a zstd:chunked blob: a skippable frame that says where the TOC is. All numbers
 * are little-endian.
 *
 * <pre>
 *   4  50 2a 4d 18                     a skippable frame's magic (RFC 8878, section 3.1.2)
 *   4  how many bytes follow: 40 or 64
 *   8  where the compressed TOC begins, behind the head of its own skippable frame
 *   8  its compressed size
 *   8  its uncompressed size
 *   8  its type: 1, the TOC of CRFS
 *  24  LONG only: where the tar-split data begins, its compressed and its uncompressed size
 *   8  "GnUlInUx" of SHORT, "GNUlInUx" of LONG
 * </pre>
 */
public enum ZstdFooter {
  /** As the first writers had it, and containerd's readers know it. */
  SHORT(40, "GnUlInUx"),
  /** As containers/storage writes it now. */
  LONG(64, "GNUlInUx");

  /** Before the content of a skippable frame: magic and size. */
  public static final int FRAME_HEAD = 8;

  private static final int SKIPPABLE = 0x184d2a50;
  private static final int TYPE_CRFS = 1;
  private static final int MAGIC_SIZE = 8;
  private static final int TYPE_AT = FRAME_HEAD + 24;

  private final int payload;
  private final String magic;

  ZstdFooter(int payload, String magic) {
    this.payload = payload;
    this.magic = magic;
  }

  /** How many bytes it has, its frame's head included. */
  public int size() {
    return FRAME_HEAD + payload;
  }

  /**
   * The footer of a blob whose compressed TOC is at {@code toc}.
   *
   * @param uncompressed size of the TOC in bytes
   */
  public byte[] encode(ByteRange toc, long uncompressed) {
    ByteBuffer content = ByteBuffer.allocate(payload).order(ByteOrder.LITTLE_ENDIAN);
    content.putLong(toc.offset()).putLong(toc.length()).putLong(uncompressed).putLong(TYPE_CRFS);
    content.position(payload - MAGIC_SIZE).put(magic.getBytes(US_ASCII)); // no tar-split: zeros
    return frame(content.array());
  }

  /** A skippable frame of these bytes. */
  public static byte[] frame(byte[] content) {
    return ByteBuffer.allocate(FRAME_HEAD + content.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(SKIPPABLE)
        .putInt(content.length)
        .put(content)
        .array();
  }

  /** Whether the last bytes of {@code tail} are a footer of this kind. */
  boolean matches(ByteBuffer tail) {
    if (tail.remaining() < size()) {
      return false;
    }
    ByteBuffer footer = footer(tail);
    return footer.getInt(0) == SKIPPABLE
        && footer.getInt(4) == payload
        && footer
            .slice(size() - MAGIC_SIZE, MAGIC_SIZE)
            .equals(ByteBuffer.wrap(magic.getBytes(US_ASCII)));
  }

  /**
   * What the footer at the end of {@code tail} tells; it {@link #matches}.
   *
   * @param blobSize of the whole blob, whose end {@code tail} is
   * @throws MalformedBlobException if that lies outside the blob, or isn't a TOC
   */
  TocPlace place(ByteBuffer tail, long blobSize) throws MalformedBlobException {
    ByteBuffer footer = footer(tail);
    long footerOffset = blobSize - size();
    long offset = footer.getLong(FRAME_HEAD);
    long length = footer.getLong(FRAME_HEAD + 8);
    if (footer.getLong(TYPE_AT) != TYPE_CRFS) {
      throw new MalformedBlobException(
          "footer: a TOC of type " + footer.getLong(TYPE_AT) + ", which isn't known", footerOffset);
    }
    if (offset < FRAME_HEAD || length <= 0 || length > footerOffset - offset) {
      throw new MalformedBlobException(
          "footer: a TOC of " + length + " bytes at " + offset + " isn't before the footer",
          footerOffset);
    }
    return new TocPlace(offset - FRAME_HEAD, new ByteRange(offset, length));
  }

  private ByteBuffer footer(ByteBuffer tail) {
    return tail.slice(tail.limit() - size(), size()).order(ByteOrder.LITTLE_ENDIAN);
  }
}
