package io.loadstar.build;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.FileBlobSource;
import io.loadstar.format.BlobFormat;
import io.loadstar.format.ChunkDecoder;
import io.loadstar.format.LayerBlob;
import io.loadstar.format.StargzFooter;
import io.loadstar.format.ZstdFooter;
import io.loadstar.layer.Inode;
import io.loadstar.layer.LayerTree;
import io.loadstar.layer.Member;
import io.loadstar.tar.TarBytes;
import io.loadstar.tar.TarWriter;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is large in a layer: a file that no ustar header can tell the size of; a great many. */
class LargeLayerTest {

  private static final boolean FULL = Boolean.getBoolean("loadstar.full");
  private static final long MEGABYTES = FULL ? 10_240 : 256;
  private static final int FILES = FULL ? 200_000 : 30_000;
  private static final BuildOptions FAST = BuildOptions.DEFAULT.withCompressionLevel(1);

  @TempDir Path directory;

  static Stream<BlobFormat> formats() {
    return Stream.of(
        new BlobFormat.EStargz(StargzFooter.LEGACY), new BlobFormat.ZstdChunked(ZstdFooter.SHORT));
  }

  @ParameterizedTest
  @MethodSource("formats")
  void aFileOfTenGigabytesIsBuiltAndReadAtItsFarEnd(BlobFormat format) throws IOException {
    bounded("MiB in one file", MEGABYTES, 10_240);
    long size = (MEGABYTES << 20) + 5;
    try (LayerBuilder builder = new LayerBuilder(2)) {
      BuiltLayer built =
          builder.build(tarOf("big", size), directory.resolve("built"), FAST.withFormat(format));
      assertTrue(built.uncompressedSize() > size);
      assertChunk(built, size, 0);
      assertChunk(built, size, size / 2);
      assertChunk(built, size, size - 1);
    }
  }

  @Test
  void aLayerOfTwoHundredThousandFilesIsBuiltAndRead() throws IOException {
    bounded("files in one layer", FILES, 200_000);
    try (LayerBuilder builder = new LayerBuilder(2)) {
      BuiltLayer built = builder.build(tarOfFiles(FILES), directory.resolve("built"), FAST);
      try (FileBlobSource source = FileBlobSource.open(built.file(), built.digest())) {
        LayerTree tree = opened(built, source);
        for (int number = 0; number < FILES; number += 997) {
          Inode file = tree.find(name(number)).orElseThrow();
          assertEquals(number % 7, ((Inode.RegularFile) file).size());
        }
        long withContent = IntStream.range(0, FILES).filter(each -> each % 7 > 0).count();
        assertEquals(withContent + 1, tree.members().size(), "and the landmark");
      }
    }
  }

  private static void bounded(String what, long count, long full) {
    if (count < full) {
      System.out.printf("bounded: %s: %d of %d%n", what, count, full);
    }
  }

  /** The chunk that has {@code offset} holds what was put there. */
  private static void assertChunk(BuiltLayer built, long size, long offset) throws IOException {
    try (FileBlobSource source = FileBlobSource.open(built.file(), built.digest());
        ChunkDecoder decoder = ChunkDecoder.of(built.format())) {
      LayerTree tree = opened(built, source);
      Inode.RegularFile file = (Inode.RegularFile) tree.find("big").orElseThrow();
      assertEquals(size, file.size());
      List<Long> seen = new ArrayList<>();
      for (Member member : tree.members()) {
        boolean wanted =
            member.chunks().stream()
                .anyMatch(each ->
                    each.inode() == file.number()
                        && each.chunk().fileOffset() <= offset
                        && offset < each.chunk().fileOffset() + each.chunk().size());
        if (wanted) {
          source.readRanges(
              List.of(member.range()),
              (range, bytes) ->
                  decoder.decode(
                      bytes,
                      member,
                      (chunk, content) ->
                          seen.add(checked(chunk.chunk().fileOffset(), content, size))));
        }
      }
      assertEquals(1, seen.size());
    }
  }

  private static long checked(long offset, ByteBuffer content, long size) {
    byte[] expected = new byte[content.remaining()];
    Counting.fill(expected, 0, expected.length, offset);
    byte[] actual = new byte[expected.length];
    content.get(actual);
    assertTrue(offset + expected.length <= size);
    assertArrayEquals(expected, actual);
    return offset;
  }

  private static LayerTree opened(BuiltLayer built, FileBlobSource source) throws IOException {
    LayerBlob blob = LayerBlob.open(source);
    return LayerTree.of(blob.toc().verify(built.tocDigest()), blob.tocOffset());
  }

  private static InputStream tarOf(String name, long size) {
    byte[] header = new TarBytes().header(name, '0', 0);
    // GNU's base-256, which has room for it.
    ByteBuffer.wrap(header).putInt(124, 0x80 << 24).putLong(128, size);
    byte[] end = new byte[TarWriter.padding(size) + TarWriter.END_OF_ARCHIVE];
    return new SequenceInputStream(
        Collections.enumeration(
            List.of(
                new ByteArrayInputStream(TarBytes.checksummed(header)),
                new Counting(size),
                new ByteArrayInputStream(end))));
  }

  private static InputStream tarOfFiles(int count) {
    TarBytes tar = new TarBytes();
    for (int number = 0; number < count; number++) {
      tar.file(
          name(number), '0', "content".substring(0, number % 7).getBytes(StandardCharsets.UTF_8));
    }
    return new ByteArrayInputStream(tar.end());
  }

  private static String name(int number) {
    return "d" + number / 1000 + "/file-" + number;
  }

  /** Bytes that say where they are: each eight of them their own offset divided by 4096. */
  private static final class Counting extends InputStream {

    private final long size;
    private long position;

    Counting(long size) {
      this.size = size;
    }

    static void fill(byte[] target, int from, int count, long offset) {
      for (int i = 0; i < count; i++) {
        long at = offset + i;
        target[from + i] = (byte) ((at >>> 12) >>> ((at & 7) << 3));
      }
    }

    @Override
    public int read() {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      if (position == size) {
        return -1;
      }
      int count = (int) Math.min(length, size - position);
      fill(target, offset, count, position);
      position += count;
      return count;
    }
  }
}
