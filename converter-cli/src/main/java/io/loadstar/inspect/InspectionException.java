package io.loadstar.inspect;

import java.io.IOException;

/** An image that can't be looked into, in one line that names it and says why. */
public final class InspectionException extends IOException {

  private static final long serialVersionUID = 1;

  /**
   * @param message one line
   */
  public InspectionException(String message) {
    super(message);
  }
}
