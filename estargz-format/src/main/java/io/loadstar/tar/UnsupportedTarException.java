package io.loadstar.tar;

import io.loadstar.blob.OneLine;
import java.io.IOException;

/** A tar with an entry, or in a compression, that this version can't take. */
public final class UnsupportedTarException extends IOException {

  private static final long serialVersionUID = 1;

  /**
   * @param message the entry, and what of it isn't supported
   */
  public UnsupportedTarException(String message) {
    super(OneLine.of(message));
  }
}
