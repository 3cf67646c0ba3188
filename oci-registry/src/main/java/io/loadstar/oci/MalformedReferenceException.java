package io.loadstar.oci;

/** A text that names no image. Its message is one line for the person who typed it. */
public final class MalformedReferenceException extends IllegalArgumentException {

  private static final long serialVersionUID = 1;

  public MalformedReferenceException(String message) {
    super(message);
  }
}
