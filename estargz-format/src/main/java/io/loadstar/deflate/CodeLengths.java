package io.loadstar.deflate;

import java.util.Arrays;

/**
 * A block's own codes, told by the lengths of their words, which are run-length encoded and given a
 * code in turn (RFC 1951, section 3.2.7). Not thread-safe; made to be used again.
 */
final class CodeLengths {

  private static final int REPEAT = 16;
  private static final int ZEROS = 17;
  private static final int MANY_ZEROS = 18;
  private static final int SYMBOLS = 19;
  private static final int MAX_BITS = 7;

  private static final int[] ORDER = {
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15
  };

  /** HLIT, HDIST, HCLEN. */
  private static final int COUNT_BITS = 5 + 5 + 4;

  private static final int LENGTH_BITS = 3;

  private final byte[] lengths = new byte[Symbols.LITERALS_AND_LENGTHS + Symbols.DISTANCES];

  /** A symbol, and in the upper bits what follows it. */
  private final int[] items = new int[lengths.length];

  private final int[] frequencies = new int[SYMBOLS];
  private final HuffmanCode code = new HuffmanCode(SYMBOLS, MAX_BITS);
  private int size;
  private int literalCount;
  private int distanceCount;
  private int told;

  /**
   * Takes the two codes.
   *
   * @return how many bits it takes to tell them
   */
  long of(HuffmanCode literals, HuffmanCode distances) {
    literalCount = used(literals.lengths, Symbols.FIRST_LENGTH);
    distanceCount = used(distances.lengths, 1);
    System.arraycopy(literals.lengths, 0, lengths, 0, literalCount);
    System.arraycopy(distances.lengths, 0, lengths, literalCount, distanceCount);
    encodeRuns(literalCount + distanceCount);
    code.of(frequencies);
    told = SYMBOLS;
    while (told > 4 && code.lengths[ORDER[told - 1]] == 0) {
      told--;
    }
    long bits = COUNT_BITS + (long) LENGTH_BITS * told;
    for (int symbol = 0; symbol < SYMBOLS; symbol++) {
      bits += (long) frequencies[symbol] * (code.lengths[symbol] + extraBits(symbol));
    }
    return bits;
  }

  private static int used(byte[] lengths, int least) {
    int count = lengths.length;
    while (count > least && lengths[count - 1] == 0) {
      count--;
    }
    return count;
  }

  private void encodeRuns(int count) {
    Arrays.fill(frequencies, 0);
    size = 0;
    for (int start = 0; start < count; ) {
      int end = start + 1;
      while (end < count && lengths[end] == lengths[start]) {
        end++;
      }
      if (lengths[start] == 0) {
        addZeros(end - start);
      } else {
        add(lengths[start], 0);
        addRepeats(lengths[start], end - start - 1);
      }
      start = end;
    }
  }

  private void addZeros(int count) {
    int left = count;
    while (left >= 11) {
      int run = Math.min(left, 138);
      add(MANY_ZEROS, run - 11);
      left -= run;
    }
    if (left >= 3) {
      add(ZEROS, left - 3);
      left = 0;
    }
    for (; left > 0; left--) {
      add(0, 0);
    }
  }

  private void addRepeats(int length, int count) {
    int left = count;
    while (left >= 3) {
      int run = Math.min(left, 6);
      add(REPEAT, run - 3);
      left -= run;
    }
    for (; left > 0; left--) {
      add(length, 0);
    }
  }

  private void add(int symbol, int extra) {
    frequencies[symbol]++;
    items[size++] = extra << 5 | symbol;
  }

  private static int extraBits(int symbol) {
    return switch (symbol) {
      case REPEAT -> 2;
      case ZEROS -> 3;
      case MANY_ZEROS -> 7;
      default -> 0;
    };
  }

  /** Writes what was taken. */
  void write(BitOutput out) {
    out.bits(literalCount - Symbols.FIRST_LENGTH, 5);
    out.bits(distanceCount - 1, 5);
    out.bits(told - 4, 4);
    out.flush();
    for (int i = 0; i < told; i++) {
      out.bits(code.lengths[ORDER[i]], LENGTH_BITS);
      out.flush();
    }
    for (int i = 0; i < size; i++) {
      int symbol = items[i] & 0x1f;
      out.bits(code.words[symbol], code.lengths[symbol]);
      out.bits(items[i] >>> 5, extraBits(symbol));
      out.flush();
    }
  }
}
