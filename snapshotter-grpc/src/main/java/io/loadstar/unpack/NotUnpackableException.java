package io.loadstar.unpack;

import java.io.IOException;

/** A layer that isn't unpacked here: beyond the bounds, or not what can be unpacked alone. */
public final class NotUnpackableException extends IOException {

  private static final long serialVersionUID = 1;

  /**
   * @param reason one line
   */
  public NotUnpackableException(String reason) {
    super(reason);
  }
}
