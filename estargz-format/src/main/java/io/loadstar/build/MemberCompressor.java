package io.loadstar.build;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import org.jspecify.annotations.Nullable;

/**
 * Compresses members: each alone, so that its bytes depend on nothing but its content and the
 * level.
 *
 * <p>Not thread-safe; made to be used again. Whoever made it closes it, which frees native memory.
 *
 * <p>The member's header (RFC 1952, section 2.3): no flags, MTIME 0, XFL 2 for the best and 4 for
 * the fastest level, OS 255.
 */
final class MemberCompressor implements AutoCloseable {

  private static final int WINDOW = 64 << 10;
  private static final int FIRST_OUTPUT = 256 << 10;
  private static final int HEADER_SIZE = 10;
  private static final int TRAILER_SIZE = 8;

  private final byte[] header;
  private final Deflater deflater;
  private final CRC32 crc = new CRC32();
  private final MessageDigest hash = Digest.newHash();
  private final byte[] window = new byte[WINDOW];

  /** What is being made: as much of it as {@code length} says. */
  private byte[] output = new byte[FIRST_OUTPUT];

  private int length;

  MemberCompressor(int level) {
    this.deflater = new Deflater(level, true);
    this.header = new byte[] {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, extraFlags(level), (byte) 0xff};
  }

  private static byte extraFlags(int level) {
    return switch (level) {
      case Deflater.BEST_COMPRESSION -> 2;
      case Deflater.BEST_SPEED -> 4;
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
    length = 0;
    Integer[] sizes = new Integer[members.size()];
    @Nullable Digest[] digests = new Digest[members.size()];
    for (int i = 0; i < sizes.length; i++) {
      int start = length;
      PlannedMember member = members.get(i);
      compress(member, spool);
      sizes[i] = length - start;
      digests[i] = member.chunkSize() == 0 ? null : Digest.finish(hash);
    }
    ByteBuffer bytes = ByteBuffer.wrap(Arrays.copyOf(output, length));
    return new Compressed(bytes, Arrays.asList(sizes), Arrays.asList(digests));
  }

  /** Compresses a member that isn't in the spool. */
  byte[] compress(List<byte[]> content) {
    length = 0;
    begin();
    content.forEach(bytes -> add(bytes, bytes.length));
    end();
    return Arrays.copyOf(output, length);
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
    deflater.reset();
    crc.reset();
    room(HEADER_SIZE);
    System.arraycopy(header, 0, output, length, HEADER_SIZE);
    length += HEADER_SIZE;
  }

  private void add(byte[] bytes, int count) {
    crc.update(bytes, 0, count);
    deflater.setInput(bytes, 0, count);
    while (!deflater.needsInput()) {
      deflate();
    }
  }

  private void end() {
    deflater.finish();
    while (!deflater.finished()) {
      deflate();
    }
    room(TRAILER_SIZE);
    ByteBuffer.wrap(output, length, TRAILER_SIZE)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt((int) crc.getValue())
        .putInt((int) deflater.getBytesRead());
    length += TRAILER_SIZE;
  }

  private void deflate() {
    room(WINDOW);
    length += deflater.deflate(output, length, output.length - length);
  }

  private void room(int bytes) {
    if (output.length - length < bytes) {
      output = Arrays.copyOf(output, Math.addExact(output.length, output.length));
    }
  }

  @Override
  public void close() {
    deflater.close();
  }
}
