package io.loadstar.format;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.fail;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.blob.DigestMismatchException;
import io.loadstar.blob.MalformedBlobException;
import io.loadstar.blob.UnsupportedBlobException;
import io.loadstar.layer.LayerTree;
import io.loadstar.layer.Member;
import io.loadstar.layer.OverlayView;
import io.loadstar.layer.OverlayXattrs;
import io.loadstar.toc.EntryType;
import io.loadstar.toc.Toc;
import io.loadstar.toc.TocEntry;
import io.loadstar.toc.TocJson;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Blobs that were made, or damaged, to do harm: refused with one of three errors, no other. */
class HostileBlobTest {

  private static final int FLIPS = 3000;

  @Test
  void aBlobCutOffAnywhereIsRefused() {
    byte[] blob = blob();
    for (int length = 0; length < blob.length; length++) {
      byte[] cut = Arrays.copyOf(blob, length);
      if (readAll(cut)) {
        fail("read whole, though cut to " + length + " of " + blob.length);
      }
    }
  }

  @Test
  void flippedBitsNeverGiveAnythingButTheRightBytesOrAnError() {
    long seed = Long.getLong("loadstar.seed", System.nanoTime());
    System.out.println("flipped bits: -Dloadstar.seed=" + seed);
    Random random = new Random(seed);
    byte[] blob = blob();
    for (int i = 0; i < FLIPS; i++) {
      byte[] damaged = blob.clone();
      for (int flips = random.nextInt(3); flips >= 0; flips--) {
        damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
      }
      readAll(damaged);
    }
  }

  @Test
  void flippedBitsInTheJsonAreBoundedToo() {
    long seed = Long.getLong("loadstar.seed", System.nanoTime());
    System.out.println("flipped bits in JSON: -Dloadstar.seed=" + seed);
    Random random = new Random(seed);
    byte[] json = HandMadeBlob.json(content().toc());
    for (int i = 0; i < FLIPS; i++) {
      byte[] damaged = json.clone();
      for (int flips = random.nextInt(4); flips >= 0; flips--) {
        damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
      }
      readAll(content().finish(damaged, StargzFooter.SUBFIELD));
    }
  }

  @Test
  void aTocThatClaimsMoreThanItsMemberCanHoldIsRefused() {
    byte[] tar = HandMadeBlob.tar(Toc.ENTRY_NAME, new byte[0]);
    byte[] size = "20000000000\0".getBytes(UTF_8);
    System.arraycopy(size, 0, tar, 124, size.length);
    fixChecksum(tar);

    assertMalformed(withToc(HandMadeBlob.gzip(tar)));
  }

  @Test
  void aTocThatUnpacksToMoreThanTheCapIsRefused() throws IOException {
    ByteArrayOutputStream bomb = new ByteArrayOutputStream();
    byte[] header = Arrays.copyOf(HandMadeBlob.tar(Toc.ENTRY_NAME, new byte[0]), 512);
    byte[] size = String.format("%011o\0", TocJson.MAX_SIZE + 1L).getBytes(UTF_8);
    System.arraycopy(size, 0, header, 124, size.length);
    fixChecksum(header);
    try (GZIPOutputStream gzip = new GZIPOutputStream(bomb)) {
      gzip.write(header);
      byte[] zeros = new byte[1 << 20];
      for (int i = 0; i <= TocJson.MAX_SIZE >> 20; i++) {
        gzip.write(zeros);
      }
    }

    assertMalformed(withToc(bomb.toByteArray()));
  }

  @Test
  void aTocOfAnotherNameIsRefused() {
    assertMalformed(withToc(HandMadeBlob.gzip(HandMadeBlob.tar("other.json", new byte[2]))));
    assertMalformed(withToc(HandMadeBlob.gzip(new byte[1024])));
    assertMalformed(withToc(HandMadeBlob.gzip(new byte[0])));
    assertMalformed(withToc(new byte[100]));
  }

  @Test
  void aFooterWithoutABlobIsRefused() {
    for (StargzFooter footer : StargzFooter.values()) {
      for (long offset : new long[] {0, 1, footer.size(), Long.MAX_VALUE}) {
        assertMalformed(footer.encode(offset));
      }
    }
  }

  @Test
  void theFootersOfOtherFormatsAreRecognised() {
    byte[] external = new byte[46];
    byte[] start = {0x1f, (byte) 0x8b, 8, 4, 0, 0, 0, 0, 0, (byte) 0xff, 21, 0, 'S', 'G', 17, 0};
    System.arraycopy(start, 0, external, 0, start.length);
    System.arraycopy("STARGZEXTERNALTOC".getBytes(UTF_8), 0, external, 16, 17);

    assertUnsupported(external, "TOC in another image");
    assertUnsupported(new byte[3], "without a footer");
    assertUnsupported(new byte[0], "without a footer");
  }

  @ParameterizedTest
  @EnumSource
  void aZstdFooterThatLiesIsRefused(ZstdFooter footer) {
    for (ByteRange toc :
        List.of(
            new ByteRange(0, 10),
            new ByteRange(7, 10),
            new ByteRange(8, 0),
            new ByteRange(8, 93),
            new ByteRange(1 << 20, 10),
            new ByteRange(Long.MAX_VALUE - 10, 10),
            new ByteRange(8, Long.MAX_VALUE - 8))) {
      byte[] blob = new byte[100 + footer.size()];
      System.arraycopy(footer.encode(toc, 100), 0, blob, 100, footer.size());
      assertMalformed(blob);
    }
    byte[] otherType = new byte[100 + footer.size()];
    System.arraycopy(footer.encode(new ByteRange(8, 10), 9), 0, otherType, 100, footer.size());
    otherType[100 + 8 + 24] = 2;
    assertMalformed(otherType);
  }

  @Test
  void aZstdTocThatIsCutOrGrowsBeyondMeasureIsRefused() throws IOException {
    for (byte[] toc :
        List.of(
            new byte[] {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd},
            Arrays.copyOf(zstd("{}".getBytes(UTF_8)), 8),
            zstd("no JSON".getBytes(UTF_8)),
            withWindow(31))) {
      byte[] frame = ZstdFooter.frame(toc);
      byte[] footer = ZstdFooter.SHORT.encode(new ByteRange(8, toc.length), 2);
      byte[] blob = Arrays.copyOf(frame, frame.length + footer.length);
      System.arraycopy(footer, 0, blob, frame.length, footer.length);
      assertThrows(
          MalformedBlobException.class,
          () -> LayerBlob.open(new MemoryBlobSource(blob)).toc().acceptUnverified());
    }
  }

  private static byte[] zstd(byte[] content) {
    return com.github.luben.zstd.Zstd.compress(content);
  }

  /** The header of a frame that asks its decoder for a window of 2^(10 + exponent) bytes. */
  private static byte[] withWindow(int exponent) {
    return new byte[] {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 0, (byte) (exponent << 3), 1, 0, 0};
  }

  private static void assertUnsupported(byte[] blob, String reason) {
    var refused =
        assertThrows(
            UnsupportedBlobException.class, () -> LayerBlob.open(new MemoryBlobSource(blob)));
    if (!String.valueOf(refused.getMessage()).contains(reason)) {
      fail(refused);
    }
  }

  private static void assertMalformed(byte[] blob) {
    assertThrows(MalformedBlobException.class, () -> LayerBlob.open(new MemoryBlobSource(blob)));
  }

  private static byte[] withToc(byte[] member) {
    ByteArrayOutputStream blob = new ByteArrayOutputStream();
    blob.writeBytes(new byte[10]);
    blob.writeBytes(member);
    blob.writeBytes(StargzFooter.LEGACY.encode(10));
    return blob.toByteArray();
  }

  private static void fixChecksum(byte[] header) {
    Arrays.fill(header, 148, 156, (byte) ' ');
    int sum = 0;
    for (int i = 0; i < 512; i++) {
      sum += header[i] & 0xff;
    }
    byte[] digits = String.format("%06o\0 ", sum).getBytes(UTF_8);
    System.arraycopy(digits, 0, header, 148, 8);
  }

  /** Reads all there is; whether it could be, and nothing else was thrown than may be. */
  private static boolean readAll(byte[] bytes) {
    MemoryBlobSource source = new MemoryBlobSource(bytes);
    try {
      LayerBlob blob = LayerBlob.open(source);
      LayerTree tree = LayerTree.of(blob.toc().acceptUnverified(), blob.tocOffset());
      OverlayView.of(tree, OverlayXattrs.TRUSTED);
      try (ChunkDecoder decoder = ChunkDecoder.of(blob.format())) {
        for (Member member : tree.members()) {
          int start = (int) member.range().offset();
          int length = (int) member.range().length();
          decoder.decodeWhole(
              new ByteArrayInputStream(bytes, start, length), member, (chunk, content) -> {});
        }
      }
      return true;
    } catch (MalformedBlobException | DigestMismatchException | UnsupportedBlobException e) {
      return false;
    } catch (IOException e) {
      throw new AssertionError("another error than may be", e);
    }
  }

  private static byte[] blob() {
    return content().finish(StargzFooter.SUBFIELD);
  }

  private static HandMadeBlob content() {
    HandMadeBlob blob = new HandMadeBlob();
    byte[] noise = new byte[700];
    new Random(4).nextBytes(noise);
    long first = blob.member(noise);
    long second = blob.member("and some text, and some text".getBytes(UTF_8));
    blob.row(TocEntry.of("d/", EntryType.DIRECTORY).mode(0755).modtime(java.time.Instant.EPOCH));
    blob.row(
        TocEntry.of("d/noise", EntryType.REGULAR)
            .size(700)
            .offset(first)
            .chunkSize(400)
            .chunkDigest(Digest.of(Arrays.copyOf(noise, 400))));
    blob.row(
        TocEntry.of("d/noise", EntryType.CHUNK)
            .chunkOffset(400)
            .offset(first)
            .innerOffset(400)
            .chunkDigest(Digest.of(Arrays.copyOfRange(noise, 400, 700))));
    blob.row(
        TocEntry.of("text", EntryType.REGULAR)
            .size(8)
            .offset(second)
            .innerOffset(4)
            .chunkDigest(Digest.of("some tex".getBytes(UTF_8))));
    blob.row(TocEntry.of("link", EntryType.SYMLINK).linkName("d/noise"));
    blob.row(TocEntry.of("hard", EntryType.HARDLINK).linkName("text"));
    blob.row(TocEntry.of("d/.wh.x", EntryType.REGULAR));
    blob.row(TocEntry.of("null", EntryType.CHARACTER_DEVICE).devMajor(1).devMinor(3));
    return blob;
  }
}
