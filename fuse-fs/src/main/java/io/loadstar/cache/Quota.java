package io.loadstar.cache;

/**
 * How much a store may take. Immutable.
 *
 * @param maxBytes the most bytes of objects; {@link Long#MAX_VALUE} for no bound
 * @param minFreeBytes what stays free on the store's file system; 0 for no floor
 */
public record Quota(long maxBytes, long minFreeBytes) {

  /** No bound but the file system's own. */
  public static final Quota NONE = new Quota(Long.MAX_VALUE, 0);

  /** Objects are evicted when this many hundredths of {@link #maxBytes} are in use, ... */
  private static final int HIGH_PERCENT = 95;

  /** ... until it is this many: in large steps, since each one looks at every object. */
  private static final int LOW_PERCENT = 85;

  /** What nobody waits for is kept up to here: so it never has anything evicted. */
  private static final int AHEAD_PERCENT = 80;

  public Quota {
    if (maxBytes < 1 || minFreeBytes < 0) {
      throw new IllegalArgumentException("not a quota: " + maxBytes + ", " + minFreeBytes);
    }
  }

  /** Whether there is a bound at all. */
  boolean isBound() {
    return maxBytes != Long.MAX_VALUE || minFreeBytes > 0;
  }

  /** Whether an object of {@code size} bytes may be added. */
  boolean admits(State state, long size) {
    return size <= maxBytes - state.used() && size <= state.free() - minFreeBytes;
  }

  /** Whether it is time to make room. */
  boolean isTight(State state) {
    return state.used() > high() || state.free() < minFreeBytes + reserve();
  }

  /** Whether there is room for so many bytes and more that nobody waits for. */
  boolean isSpacious(State state, long bytes) {
    return state.used() + bytes <= percent(AHEAD_PERCENT)
        && (minFreeBytes == 0 || state.free() - bytes >= minFreeBytes + 3 * reserve());
  }

  /**
   * How many bytes must go for it not to be tight for a while, 0 or more.
   *
   * @param wanted how large an object is that has to fit, 0 for none
   */
  long excess(State state, long wanted) {
    long overQuota = state.used() - Math.min(percent(LOW_PERCENT), maxBytes - wanted);
    long underFloor = minFreeBytes + 2 * reserve() - state.free();
    return Math.max(0, Math.max(overQuota, minFreeBytes == 0 ? 0 : underFloor));
  }

  private long high() {
    return percent(HIGH_PERCENT);
  }

  /** Room above the floor, so that what arrives while objects are evicted finds some. */
  private long reserve() {
    return minFreeBytes / 10;
  }

  private long percent(int share) {
    return maxBytes == Long.MAX_VALUE ? Long.MAX_VALUE : (long) (maxBytes * (share / 100.0));
  }

  /**
   * What a quota looks at.
   *
   * @param used bytes of objects
   * @param free bytes that the file system has left for the store
   */
  record State(long used, long free) {}
}
