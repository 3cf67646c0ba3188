package io.loadstar.deflate;

/** How short a match may be and still be worth more than its literals. Stateless. */
final class Literals {

  /** Kinds of bytes below which a match must be longer: 9, 8, 7, 6, 5, 4. From the last on: 3. */
  private static final int[] FEWER_THAN = {5, 6, 8, 14, 35, 80};

  private Literals() {}

  /** The fewer kinds of bytes there are, the less each costs. */
  static int shortestMatch(byte[] content, int start, int end) {
    long[] seen = new long[4];
    for (int i = start; i < end; i++) {
      int value = content[i] & 0xff;
      seen[value >>> 6] |= 1L << value;
    }
    int kinds = 0;
    for (long part : seen) {
      kinds += Long.bitCount(part);
    }
    int shortest = Symbols.MIN_MATCH + FEWER_THAN.length;
    for (int limit : FEWER_THAN) {
      if (kinds >= limit) {
        shortest--;
      }
    }
    return shortest;
  }
}
