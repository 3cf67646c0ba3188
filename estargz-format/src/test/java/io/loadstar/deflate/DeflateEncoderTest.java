package io.loadstar.deflate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.Digest;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** zlib has to give back every byte, and the encoder the same bytes whatever happened before. */
class DeflateEncoderTest {

  private static final int[] SIZES = {0, 1, 2, 3, 4, 5, 258, 259, 32_768, 65_535, 65_536, 300_001};

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
  void zlibGivesBackWhatWasCompressed(int level) throws DataFormatException {
    long seed = Long.getLong("loadstar.seed", System.nanoTime());
    System.out.println("deflate level " + level + ": -Dloadstar.seed=" + seed);
    Random random = new Random(seed);
    BitOutput out = new BitOutput();
    DeflateEncoder encoder = new DeflateEncoder(level, out);
    for (int size : SIZES) {
      for (Kind kind : Kind.values()) {
        byte[] content = kind.bytes(size, random);
        assertArrayEquals(content, inflated(compressed(encoder, out, content), size), kind + "");
      }
    }
  }

  @Test
  void contentOfManyWindowsAndBlocksComesBack() throws DataFormatException {
    byte[] content = Kind.MIXED.bytes(9_000_000, new Random(4711));
    BitOutput out = new BitOutput();

    byte[] compressed = compressed(new DeflateEncoder(6, out), out, content);

    assertArrayEquals(content, inflated(compressed, content.length));
  }

  @Test
  void thePiecesInWhichContentComesChangeNothing() {
    byte[] content = Kind.MIXED.bytes(1_500_000, new Random(1));
    BitOutput out = new BitOutput();
    DeflateEncoder encoder = new DeflateEncoder(9, out);
    byte[] whole = compressed(encoder, out, content);

    out.clear();
    encoder.begin();
    Random random = new Random(2);
    for (int at = 0; at < content.length; ) {
      int count = Math.min(content.length - at, random.nextInt(100_000));
      encoder.add(content, at, count);
      at += count;
    }
    encoder.end();

    assertArrayEquals(whole, out.toByteArray());
  }

  @Test
  void whatWasCompressedBeforeChangesNothing() {
    byte[] content = Kind.TEXT.bytes(200_000, new Random(1));
    BitOutput out = new BitOutput();
    DeflateEncoder used = new DeflateEncoder(9, out);
    for (Kind kind : Kind.values()) {
      compressed(used, out, kind.bytes(777_777, new Random(3)));
    }

    byte[] again = compressed(used, out, content);

    out.clear();
    assertArrayEquals(compressed(new DeflateEncoder(9, out), out, content), again);
  }

  @Test
  void placesAreCountedAnewBeforeTheyOverflow() throws DataFormatException {
    BitOutput out = new BitOutput();
    DeflateEncoder encoder = new DeflateEncoder(1, out);
    byte[] zeros = new byte[64 << 20];
    byte[] text = Kind.TEXT.bytes(500_000, new Random(1));
    byte[] first = compressed(encoder, out, text);
    // 2^30 places are passed by a single stream, then by many.
    out.clear();
    encoder.begin();
    for (int i = 0; i < 17; i++) {
      encoder.add(zeros, 0, zeros.length);
    }
    encoder.add(text, 0, text.length);
    encoder.end();

    assertTrue(out.size() < 3_000_000, () -> out.size() + " bytes");
    assertArrayEquals(first, compressed(encoder, out, text));
    assertArrayEquals(text, inflated(first, text.length));
  }

  @Test
  void noLevelMakesRandomBytesMuchLonger() {
    byte[] content = Kind.RANDOM.bytes(1_000_000, new Random(5));
    BitOutput out = new BitOutput();
    for (int level = 0; level <= DeflateEncoder.MAX_LEVEL; level++) {
      int size = compressed(new DeflateEncoder(level, out), out, content).length;
      assertTrue(size < content.length + content.length / 1000, "level " + level + ": " + size);
    }
  }

  @Test
  void higherLevelsMakeTextSmaller() {
    byte[] content = Kind.TEXT.bytes(1_000_000, new Random(5));
    BitOutput out = new BitOutput();
    int[] sizes = new int[DeflateEncoder.MAX_LEVEL + 1];
    for (int level = 0; level < sizes.length; level++) {
      sizes[level] = compressed(new DeflateEncoder(level, out), out, content).length;
    }

    for (int level = 1; level < sizes.length; level++) {
      assertTrue(sizes[level] <= sizes[level - 1], () -> Arrays.toString(sizes));
    }
  }

  /** If this fails, {@link DeflateEncoder#VERSION} has to go up. */
  @Test
  void versionOneGivesTheseBytes() {
    BitOutput out = new BitOutput();
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int level = 0; level <= DeflateEncoder.MAX_LEVEL; level++) {
      DeflateEncoder encoder = new DeflateEncoder(level, out);
      for (Kind kind : Kind.values()) {
        all.writeBytes(compressed(encoder, out, kind.bytes(400_000, new Random(6))));
      }
    }

    assertEquals(1, DeflateEncoder.VERSION);
    assertEquals(
        "sha256:cc1065a52b092720426a8971d8fce112584cc4546d53e903935cc98d1342f28a",
        Digest.of(all.toByteArray()).toString());
  }

  @Test
  void thereIsNoLevelTen() {
    assertThrows(IllegalArgumentException.class, () -> new DeflateEncoder(10, new BitOutput()));
    assertThrows(IllegalArgumentException.class, () -> new DeflateEncoder(-1, new BitOutput()));
  }

  private static byte[] compressed(DeflateEncoder encoder, BitOutput out, byte[] content) {
    out.clear();
    encoder.begin();
    encoder.add(content, 0, content.length);
    encoder.end();
    return out.toByteArray();
  }

  /** The content, if the deflate data ends with the bytes. */
  private static byte[] inflated(byte[] compressed, int size) throws DataFormatException {
    byte[] content = new byte[size + 1];
    try (Inflater inflater = new Inflater(true)) {
      inflater.setInput(compressed);
      int count = 0;
      int more;
      do {
        more = inflater.inflate(content, count, content.length - count);
        count += more;
      } while (more > 0);
      assertTrue(inflater.finished(), "not ended");
      assertEquals(0, inflater.getRemaining(), "bytes behind the end");
      return Arrays.copyOf(content, count);
    }
  }

  /** What content is like. */
  private enum Kind {
    ZEROS,
    RANDOM,
    TEXT,
    FEW,
    SPARSE,
    FIBONACCI,
    MIXED;

    byte[] bytes(int size, Random random) {
      byte[] bytes = new byte[size];
      switch (this) {
        case ZEROS -> {}
        case RANDOM -> random.nextBytes(bytes);
        case TEXT -> text(bytes, 0, size, random);
        case FEW -> few(bytes, random);
        case SPARSE -> sparse(bytes, random);
        case FIBONACCI -> fibonacci(bytes);
        case MIXED -> mixed(bytes, random);
      }
      return bytes;
    }

    /** Words of a vocabulary, the first ones more often. */
    private static void text(byte[] bytes, int start, int end, Random random) {
      for (int at = start; at < end; ) {
        int word = random.nextInt(30) * random.nextInt(30);
        for (int i = 0; i <= word % 9 && at < end; i++) {
          bytes[at++] = (byte) ('a' + ((word * (i + 7) + i * i) % 26));
        }
        if (at < end) {
          bytes[at++] = ' ';
        }
      }
    }

    private static void few(byte[] bytes, Random random) {
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) "ACGT".charAt(random.nextInt(4));
      }
    }

    private static void sparse(byte[] bytes, Random random) {
      for (int i = 0; i < bytes.length; i += 1 + random.nextInt(2000)) {
        bytes[i] = (byte) random.nextInt();
      }
    }

    /** Frequencies whose code would have words of more than 15 bits. */
    private static void fibonacci(byte[] bytes) {
      int run = 1;
      int before = 1;
      byte value = 0;
      for (int at = 0; at < bytes.length; value++) {
        for (int i = 0; i < run && at < bytes.length; i++) {
          bytes[at++] = (byte) (value ^ (((i * 0x9e3779b1) >>> 24) & 1));
        }
        int sum = run + before;
        before = run;
        run = sum > 30_000 ? 1 : sum;
      }
    }

    private static void mixed(byte[] bytes, Random random) {
      for (int at = 0; at < bytes.length; ) {
        int end = Math.min(bytes.length, at + random.nextInt(200_000));
        switch (random.nextInt(4)) {
          case 0 -> text(bytes, at, end, random);
          case 1 -> Arrays.fill(bytes, at, end, (byte) random.nextInt());
          case 2 -> {
            byte[] noise = new byte[end - at];
            random.nextBytes(noise);
            System.arraycopy(noise, 0, bytes, at, noise.length);
          }
          default -> {
            int from = random.nextInt(at + 1);
            System.arraycopy(bytes, from, bytes, at, Math.min(end - at, at - from));
          }
        }
        at = end;
      }
    }
  }
}
