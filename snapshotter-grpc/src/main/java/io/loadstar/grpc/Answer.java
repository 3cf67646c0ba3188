package io.loadstar.grpc;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.loadstar.snapshot.LayerUnavailableException;
import io.loadstar.snapshot.SnapshotException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends a call with what was asked for, or with the status code of what went wrong. */
final class Answer {

  private static final Logger log = LoggerFactory.getLogger(Answer.class);

  private Answer() {}

  /** Answers a call of one message. */
  static <T> void to(StreamObserver<T> observer, Call<T> call) {
    toStream(observer, () -> observer.onNext(call.answer()));
  }

  /** Answers a call whose messages {@code call} sends itself. */
  static void toStream(StreamObserver<?> observer, StreamCall call) {
    try {
      call.answer();
      observer.onCompleted();
    } catch (SnapshotException e) {
      observer.onError(status(e).withDescription(e.getMessage()).asRuntimeException());
    } catch (RuntimeException e) {
      log.error("a call failed unexpectedly", e);
      observer.onError(Status.INTERNAL.withDescription(e.toString()).asRuntimeException());
    }
  }

  private static Status status(SnapshotException failure) {
    return switch (failure) {
      case SnapshotException.NotFound missing -> Status.NOT_FOUND;
      case SnapshotException.AlreadyExists there -> Status.ALREADY_EXISTS;
      case SnapshotException.FailedPrecondition state -> Status.FAILED_PRECONDITION;
      case SnapshotException.InvalidArgument argument -> Status.INVALID_ARGUMENT;
      case LayerUnavailableException unavailable -> Status.UNAVAILABLE;
      case SnapshotException.Storage storage -> {
        log.error("the snapshot store failed", storage);
        yield Status.INTERNAL;
      }
    };
  }

  /** Makes the one message. */
  @FunctionalInterface
  interface Call<T> {
    T answer() throws SnapshotException;
  }

  /** Sends the messages. */
  @FunctionalInterface
  interface StreamCall {
    void answer() throws SnapshotException;
  }
}
