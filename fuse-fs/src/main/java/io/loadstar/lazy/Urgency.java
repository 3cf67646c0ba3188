package io.loadstar.lazy;

/** How soon something is needed; the more urgent comes first. */
enum Urgency {
  /** A reader waits for it. */
  ON_DEMAND,
  /** Nobody has asked for it yet: prefetch and background fetch. */
  AHEAD
}
