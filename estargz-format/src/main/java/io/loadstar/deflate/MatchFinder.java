package io.loadstar.deflate;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Finds where bytes have stood before: chains of places whose first four bytes have the same hash,
 * the latest first, and for matches of three bytes the latest place of such a hash. Not
 * thread-safe.
 *
 * <p>A place is counted on through all members that are compressed, with a gap of a window between
 * them: so what an earlier one left in the tables is too far away, and they needn't be cleared.
 */
final class MatchFinder {

  /** How far back a match may lie (RFC 1951, section 2), less one, whose link would be lost. */
  static final int WINDOW = 1 << 15;

  /** What is read at a place to find its hash. */
  static final int HASHED = Integer.BYTES;

  private static final int HASH3_BITS = 14;
  private static final int HASH4_BITS = 16;

  /** Odd, with bits all over: 2^32 divided by the golden ratio. */
  private static final int SPREAD = 0x9e3779b1;

  private static final int LAST_PLACE = 1 << 30;

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final int[] latest3 = new int[1 << HASH3_BITS];
  private final int[] latest4 = new int[1 << HASH4_BITS];
  private final int[] earlier = new int[WINDOW];
  private final byte[] bytes;

  /** The place of {@code bytes[0]}. */
  private int origin = WINDOW;

  private int distance;

  /**
   * @param bytes in which matches are found; 7 behind the last that is content may be read
   */
  MatchFinder(byte[] bytes) {
    this.bytes = bytes;
  }

  /** How far back the last match lies that {@link #find} has found. */
  int distance() {
    return distance;
  }

  /**
   * Forgets all there is.
   *
   * @param used how many bytes there were
   */
  void begin(int used) {
    origin += used + WINDOW;
    if (origin > LAST_PLACE) {
      Arrays.fill(latest3, 0);
      Arrays.fill(latest4, 0);
      origin = WINDOW;
    }
  }

  /** The bytes were moved: what stood at {@code count} stands at 0. */
  void moved(int count) {
    origin += count;
    if (origin > LAST_PLACE) {
      int down = (origin - WINDOW) & -WINDOW;
      shift(latest3, down);
      shift(latest4, down);
      shift(earlier, down);
      origin -= down;
    }
  }

  /** A multiple of the window, so that links stay where they are. */
  private static void shift(int[] places, int down) {
    for (int i = 0; i < places.length; i++) {
      places[i] = Math.max(0, places[i] - down);
    }
  }

  /** Notes that these bytes stand at {@code at}. */
  void add(int at) {
    int four = (int) INT.get(bytes, at);
    int place = origin + at;
    latest3[hash3(four)] = place;
    int hash = hash4(four);
    earlier[place & (WINDOW - 1)] = latest4[hash];
    latest4[hash] = place;
  }

  /**
   * Notes that these bytes stand at {@code at}, and finds where more than {@code atLeast} of them
   * have stood before.
   *
   * @param end of the content
   * @return how many; {@code atLeast} if there is no such place
   */
  int find(int at, int end, int atLeast, Search search) {
    int four = (int) INT.get(bytes, at);
    int place = origin + at;
    int hash3 = hash3(four);
    int third = latest3[hash3];
    latest3[hash3] = place;
    int hash = hash4(four);
    int candidate = latest4[hash];
    earlier[place & (WINDOW - 1)] = candidate;
    latest4[hash] = place;
    int cutoff = place - WINDOW;
    int best = atLeast;
    if (best < Symbols.MIN_MATCH && third > cutoff) {
      int there = (int) INT.get(bytes, third - origin);
      if ((there ^ four) << Byte.SIZE == 0) {
        best = Symbols.MIN_MATCH;
        distance = place - third;
      }
    }
    int most = Math.min(end - at, Symbols.MAX_MATCH);
    if (best >= most) {
      return best;
    }
    for (int left = search.depth(); left > 0 && candidate > cutoff; left--) {
      int from = candidate - origin;
      // What ends a longer match is rarer than what begins it: that is compared first.
      int tail = Math.max(0, best + 1 - HASHED);
      if ((int) INT.get(bytes, from + tail) == (int) INT.get(bytes, at + tail)
          && (int) INT.get(bytes, from) == four) {
        int length = common(from, at, most);
        if (length > best) {
          best = length;
          distance = place - candidate;
          if (length >= search.nice() || length == most) {
            return best;
          }
        }
      }
      candidate = earlier[candidate & (WINDOW - 1)];
    }
    return best;
  }

  /**
   * How hard to look.
   *
   * @param depth how many places are compared
   * @param nice a match of so many bytes is good enough
   */
  record Search(int depth, int nice) {}

  /** How many bytes are the same at two places whose first four are. */
  private int common(int a, int b, int most) {
    int length = Integer.BYTES;
    while (length < most) {
      long difference = (long) LONG.get(bytes, a + length) ^ (long) LONG.get(bytes, b + length);
      if (difference != 0) {
        return Math.min(most, length + (Long.numberOfTrailingZeros(difference) >>> 3));
      }
      length += Long.BYTES;
    }
    return most;
  }

  private static int hash3(int four) {
    return ((four << Byte.SIZE) * SPREAD) >>> (Integer.SIZE - HASH3_BITS);
  }

  private static int hash4(int four) {
    return (four * SPREAD) >>> (Integer.SIZE - HASH4_BITS);
  }
}
