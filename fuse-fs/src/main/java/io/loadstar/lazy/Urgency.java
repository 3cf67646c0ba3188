package io.loadstar.lazy;

/** How soon something is needed; the more urgent comes first, on the line and on the processor. */
enum Urgency {
  /** A reader waits for it. */
  ON_DEMAND,
  /** A reader is on his way to it. */
  READ_AHEAD,
  /** The layer's builder, or an earlier start, says that it will be read soon. */
  PREFETCH,
  /** The rest of a layer. */
  BACKGROUND;

  /** Whether nobody has asked for it yet. */
  boolean isAhead() {
    return this != ON_DEMAND;
  }
}
