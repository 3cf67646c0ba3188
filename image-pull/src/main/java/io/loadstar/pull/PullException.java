package io.loadstar.pull;

/** An image that can't be pulled, in one line that names it and the remedy. */
public final class PullException extends Exception {

  private static final long serialVersionUID = 1;

  PullException(String message) {
    super(message);
  }

  PullException(String message, Throwable cause) {
    super(message, cause);
  }
}
