package io.loadstar.layer;

import io.loadstar.blob.Digest;
import io.loadstar.blob.MalformedBlobException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * Where things stand in a layer index: the one class that knows its bytes. Immutable.
 *
 * <pre>
 * header      80   magic, number of inodes, entries, chunks, members and digests (int each), bytes of
 *                  names and of text (int), landmark (int, long), inodes in use, bytes of files,
 *                  chunks without digest (long each), CRC-32C of all that follows (int), where in
 *                  the text it says what isn't to be prefetched, and 1; or 0 (int)
 * inodes      56   each, by number from 0, which is none
 * members     24   each, in the order of the blob, and one more: start, end (long), first chunk (int)
 * chunks      32   each, in the order of the blob: offset in its file, in its member (long), size,
 *                  inode, member, digest (int each)
 * digests     32   each
 * entries      8   each, and one more: where its name starts, inode (int each)
 * names            of a directory one behind the other, sorted
 * text             targets of symlinks; extended attributes; what isn't to be prefetched: how many
 *                  stretches (int), offset and length of each (long each)
 * </pre>
 *
 * Numbers are little-endian. A number of a digest is 1 for the first; 0 says that there is none.
 *
 * @param inodes how many rows there are, 0's among them
 */
record IndexLayout(
    int inodes, int entries, int chunks, int members, int digests, int nameBytes, int textBytes) {

  static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

  /** "LSINDEX" and the version, 1. */
  static final long MAGIC = 0x0158_4544_4e49_534cL;

  static final int HEADER = 80;
  static final int INODE = 56;
  static final int MEMBER = 24;
  static final int CHUNK = 32;
  static final int ENTRY = 8;

  /** A larger one isn't made and isn't opened: ten million files have it. */
  static final long MAX_BYTES = 1L << 30;

  static final int LANDMARK_AT = 36;
  static final int LANDMARK_END_AT = 40;
  static final int COUNT_AT = 48;
  static final int TOTAL_AT = 56;
  static final int UNVERIFIABLE_AT = 64;
  static final int CHECKSUM_AT = 72;
  static final int UNREAD_AT = 76;

  /**
   * Reads the header, and compares size and checksum.
   *
   * @param index the whole; in {@link #ORDER}
   * @throws MalformedBlobException if it isn't an index, or not as it was written
   */
  static IndexLayout read(ByteBuffer index) throws MalformedBlobException {
    if (index.limit() < HEADER || index.getLong(0) != MAGIC) {
      throw new MalformedBlobException("not a layer index of this version", 0);
    }
    IndexLayout layout =
        new IndexLayout(
            index.getInt(8),
            index.getInt(12),
            index.getInt(16),
            index.getInt(20),
            index.getInt(24),
            index.getInt(28),
            index.getInt(32));
    if (!layout.isPlausible() || layout.bytes() != index.limit()) {
      throw new MalformedBlobException("a layer index of another size than it says", 8);
    }
    if (checksum(index) != index.getInt(CHECKSUM_AT)) {
      throw new MalformedBlobException("a damaged layer index", CHECKSUM_AT);
    }
    if (!layout.holdsUnread(index)) {
      throw new MalformedBlobException("a damaged layer index", UNREAD_AT);
    }
    return layout;
  }

  /** The header isn't in the checksum. */
  private boolean holdsUnread(ByteBuffer index) {
    long place = index.getInt(UNREAD_AT) - 1L;
    if (place == -1) {
      return true;
    }
    long behind = place + Integer.BYTES;
    if (place < 0 || behind > textBytes) {
      return false;
    }
    int at = textAt() + (int) place;
    int count = index.getInt(at);
    if (count < 0 || count > (textBytes - behind) / (2 * Long.BYTES)) {
      return false;
    }
    long end = 0;
    for (int i = 0; i < count; i++) {
      long offset = index.getLong(at + Integer.BYTES + i * 2 * Long.BYTES);
      long length = index.getLong(at + Integer.BYTES + (i * 2 + 1) * Long.BYTES);
      if (offset < end || length <= 0 || offset > Long.MAX_VALUE - length) {
        return false;
      }
      end = offset + length;
    }
    return true;
  }

  private boolean isPlausible() {
    return inodes > 1
        && entries >= 0
        && chunks >= 0
        && members >= 0
        && digests >= 0
        && nameBytes >= 0
        && textBytes >= 0;
  }

  static int checksum(ByteBuffer index) {
    CRC32C sum = new CRC32C();
    sum.update(index.slice(HEADER, index.limit() - HEADER));
    return (int) sum.getValue();
  }

  void write(ByteBuffer index) {
    index.putLong(0, MAGIC);
    index.putInt(8, inodes).putInt(12, entries).putInt(16, chunks).putInt(20, members);
    index.putInt(24, digests).putInt(28, nameBytes).putInt(32, textBytes);
  }

  int inodesAt() {
    return HEADER;
  }

  int membersAt() {
    return inodesAt() + inodes * INODE;
  }

  int chunksAt() {
    return membersAt() + (members + 1) * MEMBER;
  }

  int digestsAt() {
    return chunksAt() + chunks * CHUNK;
  }

  int entriesAt() {
    return digestsAt() + digests * Digest.BYTES;
  }

  int namesAt() {
    return entriesAt() + (entries + 1) * ENTRY;
  }

  int textAt() {
    return namesAt() + nameBytes;
  }

  /** How long it is; more than {@link #MAX_BYTES} if it is too long. */
  long bytes() {
    return HEADER
        + (long) inodes * INODE
        + (members + 1L) * MEMBER
        + (long) chunks * CHUNK
        + (long) digests * Digest.BYTES
        + (entries + 1L) * ENTRY
        + nameBytes
        + textBytes;
  }
}
