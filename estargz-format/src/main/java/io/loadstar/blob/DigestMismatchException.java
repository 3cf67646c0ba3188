package io.loadstar.blob;

import java.io.IOException;

/** Bytes whose digest isn't the one they were promised under. */
public final class DigestMismatchException extends IOException {

  private static final long serialVersionUID = 1;

  private final transient Digest expected;
  private final transient Digest actual;

  /**
   * @param what the object that was read, for the message
   * @param expected the digest that was promised
   * @param actual the digest of what came
   */
  public DigestMismatchException(String what, Digest expected, Digest actual) {
    super(what + ": expected " + expected + ", got " + actual);
    this.expected = expected;
    this.actual = actual;
  }

  /** The digest that was promised. */
  public Digest expected() {
    return expected;
  }

  /** The digest of what came. */
  public Digest actual() {
    return actual;
  }
}
