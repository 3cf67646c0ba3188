package io.loadstar.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.codec.WholeMemberDecoder;
import io.loadstar.format.BlobFormat;
import io.loadstar.format.ChunkDecoder;
import io.loadstar.format.StargzFooter;
import io.loadstar.layer.Chunk;
import io.loadstar.layer.FileChunk;
import io.loadstar.layer.Member;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whatever it is given, it gives what Java's own zlib gives, or nothing. */
class LibDeflateTest {

  private static final BlobFormat FORMAT = new BlobFormat.EStargz(StargzFooter.LEGACY);
  private static final int ROUNDS = 300;
  private static final int MOST_BYTES = 1 << 20;

  private final Random random = new Random(42);
  private final WholeMemberDecoder decoder = LibDeflate.decoder();

  @BeforeEach
  void requireLibrary() {
    assumeTrue(LibDeflate.isThere(), "the system has no libdeflate (Debian's libdeflate0)");
  }

  @AfterEach
  void close() {
    decoder.close();
  }

  @Test
  void membersOfAllSizesAreDecoded() throws IOException {
    for (int size : new int[] {0, 1, 511, 65_536, 1 << 20, 5_000_001}) {
      byte[] content = content(size);
      byte[] decoded = new byte[size];
      assertEquals(size, decoder.decode(gzip(content), decoded), size + " bytes");
      assertArrayEquals(content, decoded);
    }
  }

  @Test
  void onlyTheFirstOfSeveralMembersIsDecoded() throws IOException {
    byte[] two = concat(gzip(new byte[] {1, 2}), gzip(new byte[] {3}));
    byte[] decoded = new byte[10];
    assertEquals(2, decoder.decode(two, decoded));
    assertArrayEquals(new byte[] {1, 2}, Arrays.copyOf(decoded, 2));
  }

  @Test
  void whatIsCutShortOrLongerThanItsRoomIsNotDecoded() throws IOException {
    byte[] content = content(10_000);
    byte[] member = gzip(content);
    byte[] cut = Arrays.copyOf(member, member.length - 1);
    assertEquals(WholeMemberDecoder.NOT_DECODED, decoder.decode(cut, new byte[10_000]));
    assertEquals(WholeMemberDecoder.NOT_DECODED, decoder.decode(member, new byte[9_999]));
    assertEquals(WholeMemberDecoder.NOT_DECODED, decoder.decode(new byte[0], new byte[1]));
  }

  @Test
  void chunksAreThoseOfTheOtherDecoderWhateverTheMember() throws IOException {
    AtomicInteger decodedAtOnce = new AtomicInteger();
    try (ChunkDecoder fast = ChunkDecoder.of(FORMAT, counting(decodedAtOnce));
        ChunkDecoder slow = ChunkDecoder.of(FORMAT)) {
      int failures = 0;
      for (int i = 0; i < ROUNDS; i++) {
        byte[] content = content(1 + random.nextInt(MOST_BYTES));
        byte[] compressed = damaged(gzip(content), i);
        Member member = member(content, compressed.length);
        List<String> expected = chunks(slow, compressed, member);
        assertEquals(expected, chunks(fast, compressed, member), "round " + i);
        failures += expected.getLast().startsWith("fails") ? 1 : 0;
      }
      assertEquals(ROUNDS / 3, failures, ROUNDS / 6.0, "how many were damaged where it matters");
    }
    assertTrue(decodedAtOnce.get() > ROUNDS / 8, decodedAtOnce + " were decoded at once");
  }

  private static WholeMemberDecoder counting(AtomicInteger count) {
    WholeMemberDecoder counted = LibDeflate.decoder();
    return new WholeMemberDecoder() {
      @Override
      public int decode(byte[] compressed, byte[] decoded) {
        int size = counted.decode(compressed, decoded);
        count.addAndGet(size == NOT_DECODED ? 0 : 1);
        return size;
      }

      @Override
      public void close() {
        counted.close();
      }
    };
  }

  /** A third is whole, a third has a byte changed, a third something behind or an end less. */
  private byte[] damaged(byte[] member, int round) {
    return switch (round % 6) {
      case 0, 1 -> member;
      case 2, 3 -> {
        byte[] changed = member.clone();
        changed[random.nextInt(changed.length)] ^= (byte) (1 << random.nextInt(8));
        yield changed;
      }
      case 4 -> concat(member, Arrays.copyOf(member, 1 + random.nextInt(20)));
      default -> Arrays.copyOf(member, member.length - 1 - random.nextInt(member.length / 2));
    };
  }

  private Member member(byte[] content, int length) {
    List<FileChunk> chunks = new ArrayList<>();
    int start = random.nextInt(Math.min(content.length, 2000));
    while (start < content.length && chunks.size() < 5) {
      int end = start + 1 + random.nextInt(content.length - start);
      byte[] bytes = Arrays.copyOfRange(content, start, end);
      ByteRange range = new ByteRange(0, length);
      chunks.add(
          new FileChunk(chunks.size(), new Chunk(0, bytes.length, range, start, Digest.of(bytes))));
      start = end + random.nextInt(100);
    }
    return new Member(new ByteRange(0, length), chunks);
  }

  private static List<String> chunks(ChunkDecoder decoder, byte[] compressed, Member member) {
    List<String> got = new ArrayList<>();
    try {
      decoder.decode(
          compressed, member, (chunk, bytes) -> got.add(chunk.inode() + " " + Digest.of(bytes)));
      got.add("ends");
    } catch (IOException e) {
      got.add("fails " + e.getMessage());
    }
    return got;
  }

  /** Half of it compresses well. */
  private byte[] content(int size) {
    byte[] content = new byte[size];
    random.nextBytes(content);
    for (int i = 0; i < size / 2; i++) {
      content[i] = (byte) (i % 251);
    }
    return content;
  }

  private static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(content);
    }
    return out.toByteArray();
  }

  private static byte[] concat(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
