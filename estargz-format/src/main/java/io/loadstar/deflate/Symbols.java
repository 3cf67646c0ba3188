package io.loadstar.deflate;

/** Deflate's symbols for lengths and distances (RFC 1951, section 3.2.5). */
final class Symbols {

  static final int END_OF_BLOCK = 256;
  static final int FIRST_LENGTH = 257;

  /** 256 literals, the end of the block, 29 lengths. */
  static final int LITERALS_AND_LENGTHS = 256 + 1 + 29;

  static final int DISTANCES = 30;

  static final int MIN_MATCH = 3;
  static final int MAX_MATCH = 258;

  private static final int[] LENGTH_EXTRA = {
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0
  };

  private static final int[] LENGTH_BASE = new int[LENGTH_EXTRA.length];
  private static final int[] DISTANCE_BASE = new int[DISTANCES];

  /** By length less 3: the symbol less 257. */
  private static final byte[] LENGTH_SYMBOL = new byte[MAX_MATCH - MIN_MATCH + 1];

  /** By distance less 1, if under 256; above, by its upper bits, from 256 on. */
  private static final byte[] DISTANCE_SYMBOL = new byte[512];

  static {
    int length = MIN_MATCH;
    for (int i = 0; i < LENGTH_EXTRA.length; i++) {
      LENGTH_BASE[i] = length;
      length += 1 << LENGTH_EXTRA[i];
    }
    LENGTH_BASE[LENGTH_EXTRA.length - 1] = MAX_MATCH;
    for (int i = 0; i < LENGTH_EXTRA.length; i++) {
      int end = i + 1 < LENGTH_EXTRA.length ? LENGTH_BASE[i + 1] : MAX_MATCH + 1;
      for (int each = LENGTH_BASE[i]; each < end; each++) {
        LENGTH_SYMBOL[each - MIN_MATCH] = (byte) i;
      }
    }
    int distance = 1;
    for (int i = 0; i < DISTANCES; i++) {
      DISTANCE_BASE[i] = distance;
      int end = distance + (1 << distanceExtra(i));
      for (int each = distance; each < end; each++) {
        DISTANCE_SYMBOL[place(each)] = (byte) i;
      }
      distance = end;
    }
  }

  private Symbols() {}

  private static int place(int distance) {
    int less = distance - 1;
    return less < 256 ? less : 256 + (less >>> 7);
  }

  static int length(int length) {
    return FIRST_LENGTH + LENGTH_SYMBOL[length - MIN_MATCH];
  }

  /** How many bits follow the symbol. */
  static int lengthExtra(int symbol) {
    return LENGTH_EXTRA[symbol - FIRST_LENGTH];
  }

  /** The shortest length that the symbol stands for. */
  static int lengthBase(int symbol) {
    return LENGTH_BASE[symbol - FIRST_LENGTH];
  }

  static int distance(int distance) {
    return DISTANCE_SYMBOL[place(distance)];
  }

  static int distanceExtra(int symbol) {
    return Math.max(0, (symbol >> 1) - 1);
  }

  static int distanceBase(int symbol) {
    return DISTANCE_BASE[symbol];
  }
}
