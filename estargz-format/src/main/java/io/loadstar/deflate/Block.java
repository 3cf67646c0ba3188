package io.loadstar.deflate;

import java.util.Arrays;

/**
 * What goes into one block: literals and matches in their order, how often each symbol occurs, and
 * whether what comes lately still is like what came before. Not thread-safe; made to be used again.
 *
 * <p>A block ends where its content changes, since one code can't fit two kinds. Kinds are told
 * apart by few and coarse classes, every {@link #SAMPLE} symbols.
 */
final class Block {

  /** Most symbols: more would only let the code fit less. */
  private static final int MAX_SYMBOLS = 50_000;

  /** What may still come when a block is full: two literals and a match, twice. */
  private static final int SLACK = 6;

  /** Most bytes of content, and less would pay too often for codes. */
  static final int MAX_BYTES = 300_000;

  private static final int MIN_BYTES = 5_000;

  private static final int SAMPLE = 512;
  private static final int LITERAL_CLASSES = 8;
  private static final int CLASSES = LITERAL_CLASSES + 2;

  /** From here on a match is long. */
  private static final int LONG_MATCH = 9;

  /** Share of the symbols, in 512ths, that must be of other classes for a block to end. */
  private static final int CHANGE = 200;

  private static final int SMALL = 8192;

  final int[] literals = new int[Symbols.LITERALS_AND_LENGTHS];
  final int[] distances = new int[Symbols.DISTANCES];

  /** A literal, or a match's length and, in the lower 16 bits, distance less 1. */
  private final int[] symbols = new int[MAX_SYMBOLS + SLACK];

  private final int[] before = new int[CLASSES];
  private final int[] lately = new int[CLASSES];
  private int size;
  private int bytes;
  private int sampled;
  private int inSample;

  void clear() {
    Arrays.fill(literals, 0);
    Arrays.fill(distances, 0);
    Arrays.fill(before, 0);
    Arrays.fill(lately, 0);
    size = 0;
    bytes = 0;
    sampled = 0;
    inSample = 0;
  }

  /** How many literals and matches. */
  int size() {
    return size;
  }

  /** How many bytes they stand for. */
  int bytes() {
    return bytes;
  }

  /** The length of the match at {@code index}; 0 if it is a literal. */
  int length(int index) {
    return symbols[index] >>> 16;
  }

  /** The literal at {@code index}, or how far back the match lies. */
  int value(int index) {
    int symbol = symbols[index];
    return symbol >>> 16 == 0 ? symbol : (symbol & 0xffff) + 1;
  }

  void addLiteral(byte literal) {
    int value = literal & 0xff;
    symbols[size++] = value;
    literals[value]++;
    lately[(value >> 5 & 6) | (value & 1)]++;
    inSample++;
    bytes++;
  }

  void addMatch(int length, int distance) {
    symbols[size++] = length << 16 | distance - 1;
    literals[Symbols.length(length)]++;
    distances[Symbols.distance(distance)]++;
    lately[length < LONG_MATCH ? LITERAL_CLASSES : LITERAL_CLASSES + 1]++;
    inSample++;
    bytes += length;
  }

  /** Whether there is only room for a match and the literals before it. */
  boolean isFull() {
    return size >= MAX_SYMBOLS || bytes >= MAX_BYTES;
  }

  /** Whether the block should end before what comes next. */
  boolean isComplete() {
    if (isFull()) {
      return true;
    }
    return inSample >= SAMPLE && bytes >= MIN_BYTES && hasChanged();
  }

  private boolean hasChanged() {
    boolean changed = sampled > 0 && difference() >= threshold();
    if (!changed) {
      for (int i = 0; i < CLASSES; i++) {
        before[i] += lately[i];
        lately[i] = 0;
      }
      sampled += inSample;
      inSample = 0;
    }
    return changed;
  }

  /** Between the shares of classes before and lately; scaled by both counts. */
  private long difference() {
    long sum = 0;
    for (int i = 0; i < CLASSES; i++) {
      sum += Math.abs((long) before[i] * inSample - (long) lately[i] * sampled);
    }
    return sum + (long) (bytes / 4096) * sampled; // a long block ends more easily
  }

  /** A short one less easily: its codes have to be paid for. */
  private long threshold() {
    long threshold = (long) inSample * CHANGE / 512 * sampled;
    int symbolsSoFar = sampled + inSample;
    if (bytes < 10_000 && symbolsSoFar < SMALL) {
      threshold += threshold * (SMALL - symbolsSoFar) / SMALL;
    }
    return threshold;
  }
}
