package io.loadstar.blob;

import java.io.IOException;

/**
 * A blob that may be quite in order, but can't be read lazily: an ordinary layer without a footer,
 * or a format that this version doesn't know.
 */
public final class UnsupportedBlobException extends IOException {

  private static final long serialVersionUID = 1;

  /**
   * @param message what was found, and in which blob
   */
  public UnsupportedBlobException(String message) {
    super(OneLine.of(message));
  }
}
