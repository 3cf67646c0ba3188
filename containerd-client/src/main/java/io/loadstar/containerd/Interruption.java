package io.loadstar.containerd;

import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;

/** A stream whose reader was interrupted: cancelled, and reported as gRPC's own calls report it. */
final class Interruption {

  private Interruption() {}

  static StatusException of(BlockingClientCall<?, ?> call, InterruptedException cause) {
    call.cancel("interrupted", cause);
    Thread.currentThread().interrupt();
    return Status.CANCELLED.withDescription("interrupted").withCause(cause).asException();
  }
}
