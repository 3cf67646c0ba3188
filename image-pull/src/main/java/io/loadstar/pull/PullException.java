package io.loadstar.pull;

/** An image that can't be pulled, in one line that names it and the remedy. */
public final class PullException extends Exception {

  private static final long serialVersionUID = 1;

  /**
   * @param message names the image and the remedy
   */
  public PullException(String message) {
    super(message);
  }

  /** As above, with what showed it. */
  public PullException(String message, Throwable cause) {
    super(message, cause);
  }
}
