package io.loadstar.containerd;

import io.grpc.Status;
import io.grpc.StatusException;
import io.loadstar.containerd.ContainerdException.Code;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;

/** One remote call, and its errors in the project's own words. */
final class Calls {

  /** Enough for anything that only touches containerd's database on a busy disk. */
  static final Duration QUICK = Duration.ofMinutes(1);

  /** Enough for a snapshotter that asks a slow registry, and for a garbage collection. */
  static final Duration SLOW = Duration.ofMinutes(5);

  /** Enough to unpack a layer of many GB on a slow disk. */
  static final Duration VERY_SLOW = Duration.ofHours(2);

  /** Something to be asked of containerd. */
  interface Call<T> {
    T run() throws StatusException;
  }

  private Calls() {}

  /**
   * Runs {@code call}.
   *
   * @param what what is attempted on which object, as it stands before a colon in a message
   */
  static <T> T run(String what, Call<T> call) throws ContainerdException {
    try {
      return call.run();
    } catch (StatusException e) {
      throw failure(what, e);
    } catch (RejectedExecutionException e) {
      // The channel sets a call's deadline on the event loop, which close() has ended.
      throw new ContainerdException(Code.CANCELLED, what + ": the connection has been closed", e);
    }
  }

  /** Runs a call that tidies up: also on a thread that has been interrupted. */
  static <T> T tidying(String what, Call<T> call) throws ContainerdException {
    boolean interrupted = Thread.interrupted();
    try {
      return run(what, call);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  static ContainerdException failure(String what, StatusException error) {
    Status status = error.getStatus();
    Code code = code(status);
    String said =
        status.getDescription() == null ? status.getCode().name() : status.getDescription();
    return new ContainerdException(code, what + ": " + said, error);
  }

  private static Code code(Status status) {
    return switch (status.getCode()) {
      case NOT_FOUND -> Code.NOT_FOUND;
      case ALREADY_EXISTS -> Code.ALREADY_EXISTS;
      case FAILED_PRECONDITION, OUT_OF_RANGE, ABORTED -> Code.FAILED_PRECONDITION;
      case INVALID_ARGUMENT, UNIMPLEMENTED -> Code.INVALID;
      case PERMISSION_DENIED, UNAUTHENTICATED -> Code.PERMISSION_DENIED;
      case UNAVAILABLE -> isLocal(status) ? Code.UNREACHABLE : Code.UNAVAILABLE;
      case DEADLINE_EXCEEDED -> Code.TIMED_OUT;
      case CANCELLED -> Code.CANCELLED;
      case OK, UNKNOWN, INTERNAL, DATA_LOSS, RESOURCE_EXHAUSTED -> Code.FAILED;
    };
  }

  /** Whether the error arose here, on the way to containerd: only then it has a cause. */
  private static boolean isLocal(Status status) {
    return status.getCause() instanceof IOException;
  }
}
