package io.loadstar.grpc;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.io.IOException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One call, passed from who asks us to who answers, message by message, without a look at what it
 * is. Thread-safe as far as gRPC needs it: each side is called by one thread at a time.
 *
 * <p>Headers, trailers and status go as they come; a deadline, and that the asker has gone, with
 * the context in which the onward call was made. A message is taken from one side when the other
 * can take it, so nothing piles up here.
 */
final class PassedCall {

  private final ServerCall<byte[], byte[]> asker;
  private final ClientCall<byte[], byte[]> answerer;
  private final Function<byte[], Consumer<Status>> first;
  private final UnaryOperator<Status> unanswered;
  private Consumer<Status> end = status -> {};
  private @Nullable Status ended;

  /**
   * @param first sees the first message before it goes on; what it returns is told how the call has
   *     ended
   * @param unanswered says how a connection that failed before there was an answer is told
   */
  PassedCall(
      ServerCall<byte[], byte[]> asker,
      ClientCall<byte[], byte[]> answerer,
      Function<byte[], Consumer<Status>> first,
      UnaryOperator<Status> unanswered) {
    this.asker = asker;
    this.answerer = answerer;
    this.first = first;
    this.unanswered = unanswered;
  }

  /** Begins it; what the asker says goes to the listener that is returned. */
  ServerCall.Listener<byte[]> start(Metadata headers) {
    Turn questions = new Turn(answerer::isReady, () -> asker.request(1));
    Turn answers = new Turn(asker::isReady, () -> answerer.request(1));
    Metadata passed = new Metadata();
    passed.merge(headers);
    answerer.start(new Answers(questions, answers), passed);
    answerer.request(1);
    asker.request(1);
    return new Questions(questions, answers);
  }

  /** The answerer may fail while the first message is still being looked at. */
  private void tellEnd(Consumer<Status> listener) {
    Status already;
    synchronized (this) {
      already = ended;
      end = listener;
    }
    if (already != null) {
      listener.accept(already);
    }
  }

  private void end(Status status) {
    Consumer<Status> listener;
    synchronized (this) {
      ended = status;
      listener = end;
    }
    listener.accept(status);
  }

  /** When one side's next message is asked for: as soon as the other can take one. */
  private static final class Turn {

    private final BooleanSupplier ready;
    private final Runnable request;
    private boolean due;

    Turn(BooleanSupplier ready, Runnable request) {
      this.ready = ready;
      this.request = request;
    }

    /** A message was passed. */
    synchronized void passed() {
      due = true;
      next();
    }

    /** The other side may be able to take one. */
    synchronized void next() {
      if (due && ready.getAsBoolean()) {
        due = false;
        request.run();
      }
    }
  }

  private final class Questions extends ServerCall.Listener<byte[]> {

    private final Turn questions;
    private final Turn answers;
    private boolean begun;

    Questions(Turn questions, Turn answers) {
      this.questions = questions;
      this.answers = answers;
    }

    @Override
    public void onMessage(byte[] message) {
      if (!begun) {
        begun = true;
        tellEnd(first.apply(message));
      }
      answerer.sendMessage(message);
      questions.passed();
    }

    @Override
    public void onReady() {
      answers.next();
    }

    @Override
    public void onHalfClose() {
      answerer.halfClose();
    }

    @Override
    public void onCancel() {
      answerer.cancel("who asked has gone", null);
    }
  }

  private final class Answers extends ClientCall.Listener<byte[]> {

    private final Turn questions;
    private final Turn answers;
    private boolean begun;

    Answers(Turn questions, Turn answers) {
      this.questions = questions;
      this.answers = answers;
    }

    @Override
    public void onHeaders(Metadata headers) {
      begun = true;
      asker.sendHeaders(headers);
    }

    @Override
    public void onMessage(byte[] message) {
      asker.sendMessage(message);
      answers.passed();
    }

    @Override
    public void onReady() {
      questions.next();
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      // What the other end says itself comes without a cause.
      end(status);
      boolean failed = !begun && status.getCause() instanceof IOException;
      asker.close(failed ? unanswered.apply(status) : status, trailers);
    }
  }
}
