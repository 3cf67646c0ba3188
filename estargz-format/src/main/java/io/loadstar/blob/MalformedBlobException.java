package io.loadstar.blob;

import java.io.IOException;

/** Bytes that aren't what their format says they are. Carries where in the blob it was noticed. */
public final class MalformedBlobException extends IOException {

  private static final long serialVersionUID = 1;

  private final long offset;

  /**
   * @param message what was expected and what was found
   * @param offset the byte of the blob (compressed) at which it was noticed
   */
  public MalformedBlobException(String message, long offset) {
    super(OneLine.of(message) + " (at byte " + offset + ")");
    this.offset = offset;
  }

  /** As above, with the error that showed it. */
  public MalformedBlobException(String message, long offset, Throwable cause) {
    super(OneLine.of(message) + " (at byte " + offset + ")", cause);
    this.offset = offset;
  }

  /** The byte of the blob at which it was noticed. */
  public long offset() {
    return offset;
  }
}
