package io.loadstar.grpc;

import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts the calls that haven't been answered yet. Thread-safe. */
final class RunningCalls implements ServerInterceptor {

  private final AtomicInteger running = new AtomicInteger();

  int count() {
    return running.get();
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    ServerCall.Listener<Q> listener = next.startCall(call, headers);
    running.incrementAndGet();
    return new SimpleForwardingServerCallListener<>(listener) {
      @Override
      public void onComplete() {
        running.decrementAndGet();
        super.onComplete();
      }

      @Override
      public void onCancel() {
        running.decrementAndGet();
        super.onCancel();
      }
    };
  }
}
