package io.loadstar.snapshot;

/** A lazily mounted layer can't be read now. Over gRPC: UNAVAILABLE. */
public final class LayerUnavailableException extends SnapshotException {

  private static final long serialVersionUID = 1;

  /**
   * @param reason which layer, and what failed
   */
  public LayerUnavailableException(String reason) {
    super(reason);
  }

  /** As above, with the error behind it. */
  public LayerUnavailableException(String reason, Throwable cause) {
    super(reason, cause);
  }
}
