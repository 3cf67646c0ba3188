package io.loadstar.deflate;

/**
 * How hard matches are looked for. Immutable.
 *
 * @param depth how many earlier places are compared, at most; 0: nothing is compressed
 * @param nice a match of so many bytes is taken without looking further
 * @param lazy how many positions ahead a better match is looked for before one is taken
 */
record Effort(int depth, int nice, int lazy) {

  /** By level. What they cost and save stands in docs/formats.md. */
  private static final Effort[] LEVELS = {
    new Effort(0, 0, 0),
    new Effort(4, 8, 0),
    new Effort(6, 10, 0),
    new Effort(12, 16, 0),
    new Effort(16, 32, 0),
    new Effort(16, 32, 1),
    new Effort(32, 64, 1),
    new Effort(96, 128, 1),
    new Effort(160, 258, 2),
    new Effort(320, 258, 2)
  };

  static Effort of(int level) {
    if (level < 0 || level > DeflateEncoder.MAX_LEVEL) {
      throw new IllegalArgumentException("level " + level + " isn't between 0 and 9");
    }
    return LEVELS[level];
  }
}
