package io.loadstar.optimize;

import java.io.IOException;

/** An image that can't be run to see what it reads, or a record that isn't one. */
public final class OptimizationException extends IOException {

  private static final long serialVersionUID = 1;

  /**
   * @param message the object, what is wrong with it, and where there is one the remedy
   */
  public OptimizationException(String message) {
    super(message);
  }

  public OptimizationException(String message, Throwable cause) {
    super(message, cause);
  }
}
