package io.loadstar.snapshot;

/**
 * Why a request to the snapshotter failed, in the classes that containerd tells apart. The one
 * switch from these to status codes is in {@code io.loadstar.grpc}.
 */
public abstract sealed class SnapshotException extends Exception
    permits SnapshotException.NotFound,
        SnapshotException.AlreadyExists,
        SnapshotException.FailedPrecondition,
        SnapshotException.InvalidArgument,
        SnapshotException.Storage,
        LayerUnavailableException {

  private static final long serialVersionUID = 1;

  SnapshotException(String message) {
    super(message);
  }

  SnapshotException(String message, Throwable cause) {
    super(message, cause);
  }

  /** There is no snapshot of that key or name. */
  public static final class NotFound extends SnapshotException {
    private static final long serialVersionUID = 1;

    /**
     * @param message which snapshot was asked for
     */
    public NotFound(String message) {
      super(message);
    }
  }

  /** The key or name is taken; to a Prepare with a target: the target is there already. */
  public static final class AlreadyExists extends SnapshotException {
    private static final long serialVersionUID = 1;

    /**
     * @param message which snapshot is there
     */
    public AlreadyExists(String message) {
      super(message);
    }
  }

  /** The snapshot is in a state that doesn't allow it: it has children, or is of another kind. */
  public static final class FailedPrecondition extends SnapshotException {
    private static final long serialVersionUID = 1;

    /**
     * @param message which snapshot, and what its state is
     */
    public FailedPrecondition(String message) {
      super(message);
    }
  }

  /** The request makes no sense, whatever the state. */
  public static final class InvalidArgument extends SnapshotException {
    private static final long serialVersionUID = 1;

    /**
     * @param message what was given, and what was expected
     */
    public InvalidArgument(String message) {
      super(message);
    }
  }

  /** The disk or the database failed. */
  public static final class Storage extends SnapshotException {
    private static final long serialVersionUID = 1;

    /**
     * @param message what was attempted
     * @param cause the error of the disk or the database
     */
    public Storage(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
