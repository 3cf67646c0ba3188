package io.loadstar.grpc;

import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/** A message as the bytes that it came as, so that nothing in it can be lost. Immutable. */
final class FrameMarshaller implements MethodDescriptor.Marshaller<byte[]> {

  static final FrameMarshaller INSTANCE = new FrameMarshaller();

  private FrameMarshaller() {}

  @Override
  public InputStream stream(byte[] message) {
    return new ByteArrayInputStream(message);
  }

  @Override
  public byte[] parse(InputStream stream) {
    try {
      return stream.readAllBytes();
    } catch (IOException e) {
      throw Status.INTERNAL
          .withDescription("a message broke off")
          .withCause(e)
          .asRuntimeException();
    }
  }
}
