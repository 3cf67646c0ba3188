package io.loadstar.build;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.build.PlannedMember.PlannedChunk;
import io.loadstar.deflate.BitOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/**
 * Compresses members of the spool, and hashes the chunks in them. Not thread-safe; made to be used
 * again. Whoever made it closes it, which frees native memory.
 */
final class MemberCompressor implements AutoCloseable {

  private static final int WINDOW = 64 << 10;

  private final MessageDigest hash = Digest.newHash();
  private final byte[] window = new byte[WINDOW];
  private final BitOutput output = new BitOutput();
  private final MemberEncoder encoder;

  MemberCompressor(BuildOptions options) {
    this.encoder = MemberEncoder.of(options, output);
  }

  /**
   * Some members in a row, compressed. Immutable.
   *
   * @param bytes the members, one behind the other
   * @param members of each, what is to be known of it
   */
  record Compressed(ByteBuffer bytes, List<CompressedMember> members) {}

  /**
   * A member.
   *
   * @param size compressed, in bytes
   * @param chunkDigests of its chunks, in their order
   */
  record CompressedMember(int size, List<Digest> chunkDigests) {}

  /**
   * Compresses {@code members} of {@code spool}.
   *
   * @throws IOException if the spool can't be read
   */
  Compressed compress(List<PlannedMember> members, TarSpool spool) throws IOException {
    output.clear();
    List<CompressedMember> compressed = new ArrayList<>(members.size());
    for (PlannedMember member : members) {
      int start = output.size();
      List<Digest> digests = compress(member, spool);
      compressed.add(new CompressedMember(output.size() - start, digests));
    }
    return new Compressed(ByteBuffer.wrap(output.toByteArray()), compressed);
  }

  /**
   * Compresses a member of a range of {@code spool} and what is around it.
   *
   * @throws IOException if the spool can't be read
   */
  byte[] compress(byte[] before, ByteRange range, byte[] after, TarSpool spool) throws IOException {
    output.clear();
    encoder.begin(before.length + range.length() + after.length);
    encoder.add(before, before.length);
    for (long position = range.offset(); position < range.end(); ) {
      int count = (int) Math.min(WINDOW, range.end() - position);
      spool.read(position, window, count);
      encoder.add(window, count);
      position += count;
    }
    encoder.add(after, after.length);
    encoder.end();
    return output.toByteArray();
  }

  private List<Digest> compress(PlannedMember member, TarSpool spool) throws IOException {
    encoder.begin(member.size());
    ChunkHashes hashes = new ChunkHashes(member.chunks());
    for (ByteRange range : member.ranges()) {
      long position = range.offset();
      while (position < range.end()) {
        int count = (int) Math.min(WINDOW, range.end() - position);
        spool.read(position, window, count);
        hashes.add(count);
        encoder.add(window, count);
        position += count;
      }
    }
    encoder.end();
    return hashes.digests;
  }

  @Override
  public void close() {
    encoder.close();
  }

  /** Hashes the chunks of a member while its bytes go by. */
  private final class ChunkHashes {
    private final List<PlannedChunk> chunks;
    private final List<Digest> digests;
    private long inner;

    ChunkHashes(List<PlannedChunk> chunks) {
      this.chunks = chunks;
      this.digests = new ArrayList<>(chunks.size());
    }

    /** Takes the first {@code count} bytes of the window. */
    void add(int count) {
      long end = inner + count;
      while (digests.size() < chunks.size()) {
        PlannedChunk chunk = chunks.get(digests.size());
        long from = Math.max(inner, chunk.innerOffset());
        long to = Math.min(end, chunk.innerOffset() + chunk.size());
        if (from < to) {
          hash.update(window, (int) (from - inner), (int) (to - from));
        }
        if (end < chunk.innerOffset() + chunk.size()) {
          break;
        }
        digests.add(Digest.finish(hash));
      }
      inner = end;
    }
  }
}
