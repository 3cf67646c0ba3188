package io.loadstar.cache;

/**
 * Finds which objects go first, in two walks over all of them and in constant memory: the first
 * {@linkplain #add adds} each, the second asks {@link #goes}. Not thread-safe.
 *
 * <p>What wasn't used for longest goes first. An object below {@link #SMALL_BYTES} counts as {@link
 * #SMALL_IS_YOUNGER} times younger than it is: it gives back little, and costs a round trip all the
 * same when it is wanted again. Ages stand in a histogram whose steps grow with the age, a
 * sixteenth of it each, as floating-point numbers do.
 */
final class EvictionOrder {

  /** What a fast line transfers in a round trip, roughly (bytes). */
  static final int SMALL_BYTES = 64 << 10;

  static final int SMALL_IS_YOUNGER = 4;

  private static final int STEPS = 16;
  private static final int STEP_BITS = 4;

  private final long[] bytes = new long[Long.SIZE * STEPS];
  private final long excess;
  private int cut = -1;
  private long wantedOfCut;

  /**
   * @param excess how many bytes are to go
   */
  EvictionOrder(long excess) {
    this.excess = excess;
  }

  /** Takes note of an object that wasn't used for {@code ageMillis}. */
  void add(long size, long ageMillis) {
    bytes[step(size, ageMillis)] += size;
  }

  /** Whether this object goes; to be asked once of each, after all have been added. */
  boolean goes(long size, long ageMillis) {
    if (cut < 0) {
      findCut();
    }
    int step = step(size, ageMillis);
    if (step == cut && wantedOfCut > 0) {
      wantedOfCut -= size;
      return true;
    }
    return step > cut;
  }

  /** All older steps go whole; of this one as much as must. */
  private void findCut() {
    long sum = 0;
    int step = bytes.length - 1;
    while (step > 0 && sum + bytes[step] < excess) {
      sum += bytes[step];
      step--;
    }
    cut = step;
    wantedOfCut = excess - sum;
  }

  private static int step(long size, long ageMillis) {
    long age = Math.max(0, size < SMALL_BYTES ? ageMillis / SMALL_IS_YOUNGER : ageMillis);
    if (age < STEPS) {
      return (int) age;
    }
    int magnitude = Long.SIZE - 1 - Long.numberOfLeadingZeros(age);
    int within = (int) (age >>> (magnitude - STEP_BITS)) & (STEPS - 1);
    return (magnitude - STEP_BITS + 1) * STEPS + within;
  }
}
