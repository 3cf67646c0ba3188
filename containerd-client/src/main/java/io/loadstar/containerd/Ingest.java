package io.loadstar.containerd;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import io.loadstar.api.content.v1.ContentGrpc.ContentBlockingV2Stub;
import io.loadstar.api.content.v1.WriteAction;
import io.loadstar.api.content.v1.WriteContentRequest;
import io.loadstar.api.content.v1.WriteContentResponse;
import io.loadstar.containerd.ContainerdException.Code;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One write of one blob: containerd's {@code Content/Write} stream. Not thread-safe. Closing it
 * ends the stream; what was written stays, for whoever continues or aborts it.
 *
 * <p>Request and answer take turns. So containerd never holds more than one message for us, each
 * error belongs to what was just sent, and one buffer serves the whole blob. What was learnt about
 * the service: an opening STAT tells how far an earlier write got; a message at offset 0 lets
 * containerd drop that; the answer to a COMMIT may come twice.
 */
final class Ingest implements AutoCloseable {

  /** Well under the limit of a message, large enough that turns cost nothing. */
  static final int MESSAGE_BYTES = 1 << 20;

  /** What the opening tells. */
  enum Opened {
    PRESENT,
    TO_WRITE
  }

  /** Somebody else writes the same blob. */
  static final class BusyException extends Exception {
    private static final long serialVersionUID = 1;
    private final ContainerdException refusal;

    BusyException(ContainerdException refusal) {
      super(refusal);
      this.refusal = refusal;
    }

    ContainerdException refusal() {
      return refusal;
    }
  }

  /** Carries containerd's refusal out through a body's own code, which knows of streams only. */
  private static final class RefusedException extends IOException {
    private static final long serialVersionUID = 1;
    private final ContainerdException refusal;

    RefusedException(ContainerdException refusal) {
      super(refusal);
      this.refusal = refusal;
    }
  }

  private final ContentBlockingV2Stub stub;
  private final String ref;
  private final ContentDescriptor blob;
  private @Nullable BlockingClientCall<WriteContentRequest, WriteContentResponse> call;
  private long offset;

  Ingest(ContentBlockingV2Stub stub, String ref, ContentDescriptor blob) {
    this.stub = stub;
    this.ref = ref;
    this.blob = blob;
  }

  String ref() {
    return ref;
  }

  /** Where the next byte goes. */
  long offset() {
    return offset;
  }

  /** Opens the write, where an earlier one ended. */
  Opened open() throws BusyException, ContainerdException, IOException {
    call = stub.write();
    try {
      offset = exchange(request(WriteAction.STAT).build()).getOffset();
      return Opened.TO_WRITE;
    } catch (RefusedException e) {
      Code code = e.refusal.code();
      if (code == Code.ALREADY_EXISTS) {
        return Opened.PRESENT;
      }
      if (code == Code.UNAVAILABLE) {
        throw new BusyException(e.refusal);
      }
      throw e.refusal;
    }
  }

  /** Opens it anew, to be written from the start. */
  void reopen() throws BusyException, ContainerdException, IOException {
    close();
    open();
    offset = 0;
  }

  /** Writes what is missing, and commits. */
  void write(ContentBody body, Map<String, String> labels) throws ContainerdException, IOException {
    Sink sink = new Sink();
    try {
      if (offset < blob.size()) {
        body.writeTo(offset, sink);
      }
      sink.commit(labels);
    } catch (RefusedException e) {
      if (e.refusal.code() != Code.ALREADY_EXISTS) {
        throw e.refusal;
      }
    }
  }

  @Override
  public void close() {
    if (call != null) {
      call.cancel("closed", null);
      call = null;
    }
  }

  private WriteContentRequest.Builder request(WriteAction action) {
    return WriteContentRequest.newBuilder()
        .setAction(action)
        .setRef(ref)
        .setTotal(blob.size())
        .setExpected(blob.digest());
  }

  private WriteContentResponse exchange(WriteContentRequest request) throws IOException {
    BlockingClientCall<WriteContentRequest, WriteContentResponse> stream = call;
    if (stream == null) {
      throw new IllegalStateException("write " + ref + " isn't open");
    }
    try {
      // False means that the stream has ended: reading then tells why.
      var _ = stream.write(request);
      WriteContentResponse response = stream.read(Calls.SLOW.toSeconds(), TimeUnit.SECONDS);
      if (response == null) {
        throw Status.INTERNAL.withDescription("the stream ended early").asException();
      }
      return response;
    } catch (StatusException e) {
      throw new RefusedException(Calls.failure("writing content " + blob.digest(), e));
    } catch (TimeoutException e) {
      throw new RefusedException(
          Calls.failure(
              "writing content " + blob.digest(),
              Status.DEADLINE_EXCEEDED.withDescription("no answer").withCause(e).asException()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      InterruptedIOException interrupted =
          new InterruptedIOException("writing content " + blob.digest() + ": interrupted");
      interrupted.initCause(e);
      throw interrupted;
    }
  }

  /** Gathers bytes into messages. */
  private final class Sink extends OutputStream {

    private final byte[] buffer = new byte[(int) Math.min(MESSAGE_BYTES, blob.size() - offset)];
    private int filled;

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      if (length > blob.size() - offset - filled) {
        throw new IOException(
            "content " + blob.digest() + " is longer than the " + blob.size() + " bytes announced");
      }
      int done = 0;
      while (done < length) {
        if (filled == buffer.length) {
          send(WriteAction.WRITE, Map.of());
        }
        int part = Math.min(length - done, buffer.length - filled);
        System.arraycopy(bytes, from + done, buffer, filled, part);
        filled += part;
        done += part;
      }
    }

    void commit(Map<String, String> labels) throws IOException {
      send(WriteAction.COMMIT, labels);
    }

    private void send(WriteAction action, Map<String, String> labels) throws IOException {
      // Not copied: the buffer isn't touched again before the answer is here.
      ByteString data = UnsafeByteOperations.unsafeWrap(buffer, 0, filled);
      exchange(request(action).setOffset(offset).setData(data).putAllLabels(labels).build());
      offset += filled;
      filled = 0;
    }
  }
}
