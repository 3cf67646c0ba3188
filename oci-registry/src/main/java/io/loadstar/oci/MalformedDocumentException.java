package io.loadstar.oci;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A manifest, index, config or the like that isn't what its kind must be. */
public final class MalformedDocumentException extends IOException {

  private static final long serialVersionUID = 1;

  /**
   * @param what the document, for the message
   * @param problem what is wrong with it
   */
  public MalformedDocumentException(String what, String problem) {
    this(what, problem, null);
  }

  /** As above, with the error that showed it. */
  public MalformedDocumentException(String what, String problem, @Nullable Throwable cause) {
    super(what + " is malformed: " + problem, cause);
  }
}
