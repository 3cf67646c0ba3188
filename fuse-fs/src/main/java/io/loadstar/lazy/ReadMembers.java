package io.loadstar.lazy;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Which members of a layer readers were given something of: a bit for each. Thread-safe; a read
 * costs a look at one bit for each of its members, once it was read before.
 */
final class ReadMembers {

  /** A word of {@link #bits} has the bits of 2 to the power of this many members. */
  private static final int WORD_BITS = 6;

  private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);

  private final LayerIndex index;
  private final long[] bits;

  ReadMembers(LayerIndex index) {
    this.index = index;
    this.bits = new long[(index.members() >> WORD_BITS) + 1];
  }

  /** A reader was given something of this member; whether he is the first. */
  boolean add(int member) {
    int word = member >> WORD_BITS;
    long bit = 1L << member;
    return ((long) WORDS.getOpaque(bits, word) & bit) == 0
        && ((long) WORDS.getAndBitwiseOr(bits, word, bit) & bit) == 0;
  }

  /** Whether a reader was given something of this member. */
  boolean has(int member) {
    return ((long) WORDS.getOpaque(bits, member >> WORD_BITS) & 1L << member) != 0;
  }

  /**
   * What reading those members was worth that begin between two offsets in the blob: their
   * compressed bytes, and what it would have cost to ask for each by itself.
   *
   * @param each what a request costs, in bytes
   */
  long worthBetween(long from, long to, long each) {
    long worth = 0;
    int end = index.firstFrom(to);
    for (int member = index.firstFrom(from); member < end; member++) {
      if (has(member)) {
        worth += index.length(member) + each;
      }
    }
    return worth;
  }
}
