package io.loadstar.format;

import io.loadstar.blob.Digest;
import io.loadstar.blob.DigestMismatchException;
import io.loadstar.blob.MalformedBlobException;
import io.loadstar.codec.MemberDecoder;
import io.loadstar.codec.WholeMemberDecoder;
import io.loadstar.gzip.GzipDecoder;
import io.loadstar.layer.Chunk;
import io.loadstar.layer.FileChunk;
import io.loadstar.layer.Member;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;

/**
 * Decodes members, and hands out the chunks in them, each verified before it is handed out.
 *
 * <p>No more is decoded than the chunks that are asked for and what comes before them. Only a chunk
 * that has no digest, of a legacy layer that was accepted without verification, comes unverified.
 *
 * <p>Not thread-safe; made to be used again for any number of members, whose buffer it keeps.
 * Whoever made it closes it, which frees native memory.
 */
public final class ChunkDecoder implements AutoCloseable {

  private static final int INPUT_WINDOW = 64 << 10;
  private static final int SKIP_WINDOW = 64 << 10;
  private static final int FIRST_BUFFER = 256 << 10;

  /** Most bytes behind the last chunk that are decoded with it: entries without content. */
  private static final int MAX_BEHIND = 256 << 10;

  /**
   * A larger buffer isn't kept, and none is taken for a member that is decoded at once: writers'
   * largest chunks, 4 MiB, and what stands behind them.
   */
  private static final int MAX_KEPT_BUFFER = (4 << 20) + MAX_BEHIND;

  /** By how much it grows, so that members of about the same size find room. */
  private static final int BUFFER_STEP = 256 << 10;

  private final MemberDecoder decoder;
  private final WholeMemberDecoder whole;
  private final MessageDigest hash = Digest.newHash();
  private final ByteBuffer input = ByteBuffer.allocate(INPUT_WINDOW);
  private final ByteBuffer skipped = ByteBuffer.allocate(SKIP_WINDOW);
  private ByteBuffer buffer = ByteBuffer.allocate(FIRST_BUFFER);

  private ChunkDecoder(MemberDecoder decoder, WholeMemberDecoder whole) {
    this.decoder = decoder;
    this.whole = whole;
  }

  /** A decoder for the members of blobs of this format. */
  public static ChunkDecoder of(BlobFormat format) {
    return of(format, WholeMemberDecoder.NONE);
  }

  /**
   * A decoder for the members of blobs of this format.
   *
   * @param whole is asked first where a gzip member is there as a whole; closed with this
   */
  public static ChunkDecoder of(BlobFormat format, WholeMemberDecoder whole) {
    return new ChunkDecoder(format.newDecoder(), whole);
  }

  /**
   * Decodes {@code member}, of which {@code compressed} holds the bytes.
   *
   * @param compressed the member's range, or as much of it as its chunks need
   * @throws MalformedBlobException if it doesn't decompress, or to less than it should
   * @throws DigestMismatchException if a chunk isn't what the TOC promises; it isn't handed out
   * @throws IOException as {@code receiver} throws
   */
  public void decode(byte[] compressed, Member member, ChunkReceiver receiver) throws IOException {
    if (!decodeAtOnce(compressed, member)) {
      decode(new ByteArrayInputStream(compressed), member, receiver);
      return;
    }
    for (FileChunk each : member.chunks()) {
      Chunk chunk = each.chunk();
      int start = (int) chunk.innerOffset();
      handOut(each, buffer.clear().position(start).limit(start + (int) chunk.size()), receiver);
    }
  }

  /**
   * Fills the buffer with all of a member, if it is one that {@link #whole} can decode, that has
   * all its chunks, and little behind them.
   */
  private boolean decodeAtOnce(byte[] compressed, Member member) {
    if (whole.equals(WholeMemberDecoder.NONE)) {
      return false;
    }
    long size = GzipDecoder.claimedSize(compressed);
    long wanted = endOfChunks(member);
    if (size < wanted
        || size > Math.min(MAX_KEPT_BUFFER, wanted + MAX_BEHIND)
        || size / GzipDecoder.MAX_RATIO > compressed.length) {
      return false;
    }
    makeRoom((int) size);
    return whole.decode(compressed, buffer.array()) >= wanted;
  }

  private static long endOfChunks(Member member) {
    long end = 0;
    for (FileChunk each : member.chunks()) {
      end = Math.max(end, each.chunk().innerOffset() + each.chunk().size());
    }
    return end;
  }

  private void makeRoom(int size) {
    if (buffer.capacity() < size) {
      buffer = ByteBuffer.allocate(Math.ceilDiv(size, BUFFER_STEP) * BUFFER_STEP);
    }
  }

  /**
   * Decodes {@code member}, at whose first byte {@code compressed} stands. At most the member's
   * range is read of it, and all of that if nothing is thrown: it then stands behind the range.
   *
   * @throws MalformedBlobException if it doesn't decompress, or to less than it should
   * @throws DigestMismatchException if a chunk isn't what the TOC promises; it isn't handed out
   * @throws IOException as {@code compressed} and {@code receiver} throw
   */
  public void decode(InputStream compressed, Member member, ChunkReceiver receiver)
      throws IOException {
    Decoding decoding = new Decoding(compressed, member);
    decodeChunks(decoding, member, receiver);
    decoding.drain();
  }

  /**
   * As {@link #decode(InputStream, Member, ChunkReceiver)}, but decompresses all that is in the
   * range, what is behind the chunks as well, and checks its checksums: for whoever wants to know
   * that the blob is whole, not for whoever waits for a file.
   */
  public void decodeWhole(InputStream compressed, Member member, ChunkReceiver receiver)
      throws IOException {
    Decoding decoding = new Decoding(compressed, member);
    decodeChunks(decoding, member, receiver);
    decoding.decodeRest();
  }

  private void decodeChunks(Decoding decoding, Member member, ChunkReceiver receiver)
      throws IOException {
    for (FileChunk each : member.chunks()) {
      decoding.skipTo(each.chunk().innerOffset());
      handOut(each, decoding.read(each.chunk()), receiver);
    }
    dropLargeBuffer();
  }

  private void handOut(FileChunk each, ByteBuffer bytes, ChunkReceiver receiver)
      throws IOException {
    verify(each, bytes);
    receiver.receive(each, bytes);
  }

  private void dropLargeBuffer() {
    if (buffer.capacity() > MAX_KEPT_BUFFER) {
      buffer = ByteBuffer.allocate(FIRST_BUFFER);
    }
  }

  private void verify(FileChunk each, ByteBuffer bytes) throws DigestMismatchException {
    Digest expected = each.chunk().digest();
    if (expected == null) {
      return;
    }
    hash.update(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
    Digest actual = Digest.finish(hash);
    if (!actual.equals(expected)) {
      throw new DigestMismatchException(
          "chunk at " + each.chunk().fileOffset() + " of inode " + each.inode(), expected, actual);
    }
  }

  @Override
  public void close() {
    decoder.close();
    whole.close();
  }

  /** Takes the chunks of a member. */
  @FunctionalInterface
  public interface ChunkReceiver {

    /**
     * Called once for each chunk, in the member's order.
     *
     * @param bytes all of the chunk's, from the buffer's position to its limit, backed by an array;
     *     valid only during the call
     */
    void receive(FileChunk chunk, ByteBuffer bytes) throws IOException;
  }

  /** One member on its way through the decoder. */
  private final class Decoding {
    private final InputStream compressed;
    private final Member member;
    private long compressedLeft;
    private long inner;

    Decoding(InputStream compressed, Member member) {
      this.compressed = compressed;
      this.member = member;
      this.compressedLeft = member.range().length();
      input.clear().limit(0);
      decoder.reset(member.range().offset());
    }

    void skipTo(long innerOffset) throws IOException {
      if (innerOffset < inner) {
        throw new MalformedBlobException(
            "chunk at " + innerOffset + " of a member, behind " + inner, member.range().offset());
      }
      while (inner < innerOffset) {
        fill(skipped.clear().limit((int) Math.min(SKIP_WINDOW, innerOffset - inner)));
      }
    }

    ByteBuffer read(Chunk chunk) throws IOException {
      // Before memory is taken for it.
      if ((chunk.size() - 1) / decoder.maxRatio() >= member.range().length()) {
        throw new MalformedBlobException(
            "chunk of " + chunk.size() + " bytes in a member of " + member.range().length(),
            member.range().offset());
      }
      makeRoom((int) chunk.size());
      fill(buffer.clear().limit((int) chunk.size()));
      return buffer.flip();
    }

    private void fill(ByteBuffer out) throws IOException {
      int start = out.position();
      while (out.hasRemaining()) {
        decoder.decode(input, out); // first what the decoder still holds
        if (out.hasRemaining() && !input.hasRemaining()) {
          refill(out);
        }
      }
      inner += out.position() - start;
    }

    private void refill(ByteBuffer out) throws IOException {
      int wanted = (int) Math.min(INPUT_WINDOW, compressedLeft);
      int count = wanted == 0 ? -1 : compressed.read(input.array(), 0, wanted);
      if (count < 0) {
        throw new MalformedBlobException(
            "member of " + member.range().length() + " bytes ends " + out.remaining() + " short",
            decoder.offset());
      }
      compressedLeft -= count;
      input.clear().limit(count);
    }

    void decodeRest() throws IOException {
      while (input.hasRemaining() || compressedLeft > 0 || !decoder.isBetweenMembers()) {
        decoder.decode(input, skipped.clear());
        if (skipped.hasRemaining() && !input.hasRemaining() && !isAtEnd()) {
          refill(skipped);
        }
      }
    }

    private boolean isAtEnd() {
      return compressedLeft == 0 && decoder.isBetweenMembers();
    }

    void drain() throws IOException {
      while (compressedLeft > 0) {
        int wanted = (int) Math.min(INPUT_WINDOW, compressedLeft);
        int count = compressed.read(input.array(), 0, wanted);
        if (count < 0) {
          return; // more than was needed was there
        }
        compressedLeft -= count;
      }
    }
  }
}
