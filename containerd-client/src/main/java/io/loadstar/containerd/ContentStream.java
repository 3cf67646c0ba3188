package io.loadstar.containerd;

import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import io.loadstar.api.content.v1.ReadContentResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;

/**
 * A run of some content's bytes, message by message as containerd sends them. Not thread-safe;
 * closing it ends the call.
 */
final class ContentStream extends InputStream {

  private final BlockingClientCall<?, ReadContentResponse> call;
  private final String what;
  private ByteBuffer message = ByteBuffer.allocate(0);
  private long left;

  ContentStream(BlockingClientCall<?, ReadContentResponse> call, String what, long length) {
    this.call = call;
    this.what = what;
    this.left = length;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int start, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (left == 0) {
      return -1;
    }
    while (!message.hasRemaining()) {
      message = next();
    }
    int count = (int) Math.min(Math.min(length, left), message.remaining());
    message.get(target, start, count);
    left -= count;
    return count;
  }

  private ByteBuffer next() throws IOException {
    try {
      ReadContentResponse answer = call.read();
      if (answer == null) {
        throw new IOException(what + ": ended " + left + " bytes short");
      }
      return answer.getData().asReadOnlyByteBuffer();
    } catch (StatusException e) {
      ContainerdException failure = Calls.failure(what, e);
      throw new IOException(failure.getMessage(), failure);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      InterruptedIOException interrupted = new InterruptedIOException(what + ": interrupted");
      interrupted.initCause(e);
      throw interrupted;
    }
  }

  @Override
  public void close() {
    call.cancel("closed", null);
  }
}
