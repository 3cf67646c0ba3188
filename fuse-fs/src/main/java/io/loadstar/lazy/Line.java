package io.loadstar.lazy;

/**
 * The way to one registry, which all layers that come from it share. Immutable; its parts are
 * thread-safe.
 *
 * @param meter what it was measured to be
 * @param gate who goes first on it
 */
record Line(LineMeter meter, LineGate gate) {

  /**
   * @param least what a round trip is worth at least, in bytes
   */
  static Line of(int least) {
    return new Line(new LineMeter(least), new LineGate());
  }
}
