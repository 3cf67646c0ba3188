package io.loadstar.format;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.blob.DigestMismatchException;
import io.loadstar.blob.MalformedBlobException;
import io.loadstar.layer.Chunk;
import io.loadstar.layer.FileChunk;
import io.loadstar.layer.Member;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ChunkDecoderTest {

  private static final BlobFormat FORMAT = new BlobFormat.EStargz(StargzFooter.LEGACY);
  private final ChunkDecoder decoder = ChunkDecoder.of(FORMAT);

  @AfterEach
  void close() {
    decoder.close();
  }

  @Test
  void chunksOfAMemberComeInItsOrder() throws IOException {
    byte[] member = HandMadeBlob.gzip("..one...two!!".getBytes(UTF_8));

    assertEquals(List.of("one", "two"), decode(member, chunk("one", 2), chunk("two", 8)));
  }

  @Test
  void aChunkMayStandInSeveralMembers() throws IOException {
    ByteArrayOutputStream members = new ByteArrayOutputStream();
    members.writeBytes(HandMadeBlob.gzip("..on".getBytes(UTF_8)));
    members.writeBytes(HandMadeBlob.gzip(new byte[0]));
    members.writeBytes(HandMadeBlob.gzip("e...".getBytes(UTF_8)));

    assertEquals(List.of("one"), decode(members.toByteArray(), chunk("one", 2)));
  }

  @Test
  void theStreamStandsBehindTheMemberAfterwards() throws IOException {
    byte[] first = HandMadeBlob.gzip("one and much more".getBytes(UTF_8));
    byte[] second = HandMadeBlob.gzip("two".getBytes(UTF_8));
    ByteArrayOutputStream both = new ByteArrayOutputStream();
    both.writeBytes(first);
    both.writeBytes(second);
    InputStream in = new ByteArrayInputStream(both.toByteArray());
    List<String> chunks = new ArrayList<>();

    decoder.decode(in, member(first.length, chunk("one", 0)), collect(chunks));
    decoder.decode(in, member(second.length, chunk("two", 0)), collect(chunks));

    assertEquals(List.of("one", "two"), chunks);
    assertEquals(-1, in.read());
  }

  @Test
  void noMoreOfTheMemberIsNeededThanTheChunks() throws IOException {
    byte[] noise = new byte[1_000_000];
    new Random(5).nextBytes(noise);
    System.arraycopy("one".getBytes(UTF_8), 0, noise, 100, 3);
    byte[] member = HandMadeBlob.gzip(noise);
    InputStream half = new ByteArrayInputStream(member, 0, member.length / 2);
    List<String> chunks = new ArrayList<>();

    decoder.decode(half, member(member.length, chunk("one", 100)), collect(chunks));

    assertEquals(List.of("one"), chunks);
  }

  @Test
  void chunksLargerThanTheBufferAreDecoded() throws IOException {
    byte[] large = new byte[3_000_000];
    new Random(6).nextBytes(large);
    byte[] member = HandMadeBlob.gzip(large);
    List<Digest> digests = new ArrayList<>();
    Chunk chunk = new Chunk(0, large.length, new ByteRange(0, member.length), 0, Digest.of(large));

    decoder.decode(
        member, Member.of(new FileChunk(1, chunk)), (same, bytes) -> digests.add(Digest.of(bytes)));

    assertEquals(List.of(Digest.of(large)), digests);
  }

  @Test
  void aWrongChunkIsNotHandedOutButThoseBeforeItAre() {
    byte[] member = HandMadeBlob.gzip("onetwo".getBytes(UTF_8));
    List<String> chunks = new ArrayList<>();
    Chunk wrong = new Chunk(0, 3, new ByteRange(0, member.length), 3, Digest.of(new byte[3]));
    Member both =
        new Member(
            new ByteRange(0, member.length),
            List.of(new FileChunk(1, chunk("one", 0)), new FileChunk(2, wrong)));

    assertThrows(
        DigestMismatchException.class, () -> decoder.decode(member, both, collect(chunks)));
    assertEquals(List.of("one"), chunks);
  }

  @Test
  void aMemberThatHoldsLessIsMalformed() {
    byte[] member = HandMadeBlob.gzip("on".getBytes(UTF_8));

    assertThrows(MalformedBlobException.class, () -> decode(member, chunk("one", 0)));
    assertThrows(MalformedBlobException.class, () -> decode(member, chunk("on", 1L << 40)));
  }

  @Test
  void aChunkThatNoMemberOfThatSizeCouldHoldTakesNoMemory() {
    byte[] member = HandMadeBlob.gzip("one".getBytes(UTF_8));
    Chunk huge = new Chunk(0, Chunk.MAX_SIZE, new ByteRange(0, member.length), 0, null);

    assertThrows(
        MalformedBlobException.class,
        () ->
            decoder.decode(member, Member.of(new FileChunk(1, huge)), collect(new ArrayList<>())));
  }

  @Test
  void chunksThatOverlapAreRefused() {
    byte[] member = HandMadeBlob.gzip("onetwo".getBytes(UTF_8));

    assertThrows(
        MalformedBlobException.class, () -> decode(member, chunk("one", 0), chunk("etw", 2)));
  }

  @Test
  void theDecoderCanBeUsedAfterAnError() throws IOException {
    byte[] member = HandMadeBlob.gzip("one".getBytes(UTF_8));
    byte[] broken = member.clone();
    Arrays.fill(broken, 10, broken.length, (byte) 0xff);

    assertThrows(MalformedBlobException.class, () -> decode(broken, chunk("one", 0)));
    assertEquals(List.of("one"), decode(member, chunk("one", 0)));
  }

  @Test
  void decodingTheWholeChecksWhatIsBehindTheChunks() throws IOException {
    byte[] member = HandMadeBlob.gzip(("one" + "tail".repeat(100_000)).getBytes(UTF_8));
    Member one = member(member.length, chunk("one", 0));
    List<String> chunks = new ArrayList<>();

    decoder.decodeWhole(new ByteArrayInputStream(member), one, collect(chunks));
    member[member.length - 8] ^= 1;

    decoder.decode(new ByteArrayInputStream(member), one, collect(chunks));
    assertThrows(
        MalformedBlobException.class,
        () -> decoder.decodeWhole(new ByteArrayInputStream(member), one, collect(chunks)));
    assertEquals(List.of("one", "one", "one"), chunks);
  }

  private List<String> decode(byte[] compressed, Chunk... chunks) throws IOException {
    List<String> decoded = new ArrayList<>();
    decoder.decode(compressed, member(compressed.length, chunks), collect(decoded));
    return decoded;
  }

  private static Member member(int length, Chunk... chunks) {
    List<FileChunk> contents = new ArrayList<>();
    for (Chunk chunk : chunks) {
      contents.add(new FileChunk(contents.size() + 1L, chunk));
    }
    return new Member(new ByteRange(0, length), contents);
  }

  private static Chunk chunk(String content, long innerOffset) {
    byte[] bytes = content.getBytes(UTF_8);
    return new Chunk(0, bytes.length, new ByteRange(0, 1), innerOffset, Digest.of(bytes));
  }

  private static ChunkDecoder.ChunkReceiver collect(List<String> chunks) {
    return (chunk, bytes) -> chunks.add(UTF_8.decode(bytes).toString());
  }
}
