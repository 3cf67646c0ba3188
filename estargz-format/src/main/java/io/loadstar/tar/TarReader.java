package io.loadstar.tar;

import io.loadstar.blob.MalformedBlobException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads a tar, entry by entry: ustar, V7, PAX, GNU long names and numbers, star.
 *
 * <p>Each entry keeps its headers as they stand in the tar, which is why this isn't a library's
 * reader: a layer that is rewritten must not change in what it says. Only what a global PAX header
 * says, which holds for all entries behind it and so binds them to their order, is written into a
 * PAX header of each entry's own. Everything is checked against caps before memory is taken for it.
 * Not thread-safe; doesn't close its source.
 *
 * <p>Source: POSIX.1-2017 pax, "ustar Interchange Format" and "pax Extended Header"; GNU tar
 * manual, "Basic Tar Format".
 */
public final class TarReader {

  /** Most bytes of one PAX header or GNU long name. */
  public static final int MAX_EXTENDED_HEADER = 1 << 20;

  /** Most bytes of headers that one entry may have. */
  public static final int MAX_HEADERS = 4 << 20;

  private static final int BLOCK = TarHeader.BLOCK;
  private static final int SKIP_BUFFER = 1 << 16;

  private final InputStream in;
  private final byte[] block = new byte[BLOCK];
  private final PaxRecords global = new PaxRecords();
  private long offset;
  private long payloadLeft;
  private long paddingLeft;
  private byte @Nullable [] skipBuffer;

  /**
   * @param in stands at the first header; best buffered
   */
  public TarReader(InputStream in) {
    this.in = in;
  }

  /** How many bytes of the tar have been taken from the source. */
  public long offset() {
    return offset;
  }

  /**
   * Goes to the next entry, past what is left of the payload of the last.
   *
   * @return null at the end of the archive: two zero blocks, or the end of the source where a
   *     header would be
   * @throws MalformedBlobException if this isn't tar, or is cut off; the offset is the tar's
   * @throws UnsupportedTarException if an entry can't be taken: sparse, unknown types, names that
   *     aren't UTF-8
   */
  public @Nullable TarEntry next() throws IOException {
    skipPayload();
    TarEntryDraft draft = new TarEntryDraft(offset, global);
    ByteArrayOutputStream headers = new ByteArrayOutputStream(BLOCK);
    while (true) {
      long start = offset;
      if (!readBlock(headers.size() == 0) || isEnd(headers.size() == 0)) {
        return null;
      }
      headers.write(block, 0, BLOCK);
      TarHeader header = new TarHeader(block, start);
      if (!header.hasRightChecksum()) {
        throw new MalformedBlobException("tar header: wrong checksum: not a tar header", start);
      }
      switch (header.type()) {
        case 'g' -> {
          if (headers.size() > BLOCK) {
            throw new MalformedBlobException("tar: a global header within an entry's", start);
          }
          global.add(readExtension(header, headers), start + BLOCK);
          headers.reset();
          draft = new TarEntryDraft(offset, global);
        }
        case 'x' -> draft.addPax(readExtension(header, headers), start + BLOCK);
        case 'L' -> draft.longName(readExtension(header, headers));
        case 'K' -> draft.longLinkName(readExtension(header, headers));
        default -> {
          return finish(draft, header, headers);
        }
      }
    }
  }

  /**
   * Reads payload of the current entry.
   *
   * @return how many bytes, -1 at its end
   * @throws MalformedBlobException if the tar is cut off
   */
  public int read(byte[] target, int start, int length) throws IOException {
    if (payloadLeft == 0) {
      return -1;
    }
    int count = in.read(target, start, (int) Math.min(length, payloadLeft));
    if (count < 0) {
      throw cutOff();
    }
    payloadLeft -= count;
    offset += count;
    return count;
  }

  private TarEntry finish(TarEntryDraft draft, TarHeader header, ByteArrayOutputStream headers)
      throws IOException {
    ByteBuffer raw = ByteBuffer.wrap(headers.toByteArray()).asReadOnlyBuffer();
    TarEntry entry = draft.finish(header, raw);
    payloadLeft = entry.size();
    paddingLeft = entry.paddedSize() - entry.size();
    return entry;
  }

  private byte[] readExtension(TarHeader header, ByteArrayOutputStream headers) throws IOException {
    long size = header.size();
    if (size < 0 || size > MAX_EXTENDED_HEADER || headers.size() + size > MAX_HEADERS) {
      throw new MalformedBlobException(
          "tar: extended header of " + size + " bytes, more than is read", offset - BLOCK);
    }
    int padded = ((int) size + BLOCK - 1) / BLOCK * BLOCK;
    byte[] bytes = in.readNBytes(padded);
    offset += bytes.length;
    if (bytes.length < padded) {
      throw cutOff();
    }
    headers.write(bytes, 0, padded);
    return java.util.Arrays.copyOf(bytes, (int) size);
  }

  /** Whether the block is the end of the archive: zeros, and zeros or nothing behind. */
  private boolean isEnd(boolean betweenEntries) throws IOException {
    if (!TarHeader.isZero(block)) {
      return false;
    }
    long start = offset - BLOCK;
    if (!betweenEntries) {
      throw new MalformedBlobException("tar: extended header without an entry", start);
    }
    if (readBlock(true) && !TarHeader.isZero(block)) {
      throw new MalformedBlobException("tar: a lone zero block", start);
    }
    return true;
  }

  private boolean readBlock(boolean mayEnd) throws IOException {
    int count = in.readNBytes(block, 0, BLOCK);
    offset += count;
    if (count == 0 && mayEnd) {
      return false;
    }
    if (count < BLOCK) {
      throw cutOff();
    }
    return true;
  }

  private void skipPayload() throws IOException {
    long left = payloadLeft + paddingLeft;
    payloadLeft = 0;
    paddingLeft = 0;
    if (left == 0) {
      return;
    }
    byte[] buffer = skipBuffer == null ? new byte[SKIP_BUFFER] : skipBuffer;
    skipBuffer = buffer;
    while (left > 0) {
      int count = in.read(buffer, 0, (int) Math.min(buffer.length, left));
      if (count < 0) {
        throw cutOff();
      }
      left -= count;
      offset += count;
    }
  }

  private MalformedBlobException cutOff() {
    return new MalformedBlobException("tar: cut off", offset);
  }
}
