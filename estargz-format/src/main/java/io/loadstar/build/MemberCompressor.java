package io.loadstar.build;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.deflate.BitOutput;
import io.loadstar.deflate.DeflateEncoder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Compresses members: each alone, so that its bytes depend on nothing but its content and the
 * level. Not thread-safe; made to be used again.
 *
 * <p>The member's header (RFC 1952, section 2.3): no flags, MTIME 0, XFL 2 for the best and 4 for
 * the fastest level, OS 255.
 */
final class MemberCompressor {

  private static final int WINDOW = 64 << 10;
  private static final int BEST = 9;
  private static final int FASTEST = 1;

  private final byte[] header;
  private final BitOutput output = new BitOutput();
  private final DeflateEncoder encoder;
  private final CRC32 crc = new CRC32();
  private final MessageDigest hash = Digest.newHash();
  private final byte[] window = new byte[WINDOW];
  private long size;

  MemberCompressor(int level) {
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

  /**
   * Some members in a row, compressed. Immutable.
   *
   * @param bytes the members, one behind the other
   * @param sizes of each
   * @param chunkDigests of each one's chunk; null where it has none
   */
  record Compressed(ByteBuffer bytes, List<Integer> sizes, List<@Nullable Digest> chunkDigests) {}

  /**
   * Compresses {@code members} of {@code spool}.
   *
   * @throws IOException if the spool can't be read
   */
  Compressed compress(List<PlannedMember> members, TarSpool spool) throws IOException {
    output.clear();
    Integer[] sizes = new Integer[members.size()];
    @Nullable Digest[] digests = new Digest[members.size()];
    for (int i = 0; i < sizes.length; i++) {
      int start = output.size();
      PlannedMember member = members.get(i);
      compress(member, spool);
      sizes[i] = output.size() - start;
      digests[i] = member.chunkSize() == 0 ? null : Digest.finish(hash);
    }
    ByteBuffer bytes = ByteBuffer.wrap(output.toByteArray());
    return new Compressed(bytes, Arrays.asList(sizes), Arrays.asList(digests));
  }

  /** Compresses a member that isn't in the spool. */
  byte[] compress(List<byte[]> content) {
    output.clear();
    begin();
    content.forEach(bytes -> add(bytes, bytes.length));
    end();
    return output.toByteArray();
  }

  private void compress(PlannedMember member, TarSpool spool) throws IOException {
    begin();
    int chunkLeft = member.chunkSize();
    for (ByteRange range : member.ranges()) {
      long position = range.offset();
      while (position < range.end()) {
        int count = (int) Math.min(WINDOW, range.end() - position);
        spool.read(position, window, count);
        int ofChunk = Math.min(count, chunkLeft);
        hash.update(window, 0, ofChunk);
        chunkLeft -= ofChunk;
        add(window, count);
        position += count;
      }
    }
    end();
  }

  private void begin() {
    crc.reset();
    size = 0;
    output.bytes(header, 0, header.length);
    encoder.begin();
  }

  private void add(byte[] bytes, int count) {
    crc.update(bytes, 0, count);
    size += count;
    encoder.add(bytes, 0, count);
  }

  /** CRC32 and ISIZE, the size modulo 2^32. */
  private void end() {
    encoder.end();
    output.littleEndian((int) crc.getValue());
    output.littleEndian((int) size);
  }
}
