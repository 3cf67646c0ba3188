package io.loadstar.snapshot;

/** A layer wasn't unpacked here; containerd unpacks it, and this says why. */
public final class NotUnpackedException extends Exception {

  private static final long serialVersionUID = 1;

  /**
   * @param reason one line that a person can act on
   */
  public NotUnpackedException(String reason) {
    super(reason);
  }

  /** As above, with the error behind it. */
  public NotUnpackedException(String reason, Throwable cause) {
    super(reason, cause);
  }
}
