package io.loadstar.snapshot;

/** A layer can't be mounted lazily; it becomes an ordinary snapshot, and this says why. */
public final class NotLazyException extends Exception {

  private static final long serialVersionUID = 1;

  /**
   * @param reason one line that a person can act on
   */
  public NotLazyException(String reason) {
    super(reason);
  }

  /** As above, with the error behind it. */
  public NotLazyException(String reason, Throwable cause) {
    super(reason, cause);
  }
}
