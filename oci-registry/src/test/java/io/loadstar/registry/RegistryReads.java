package io.loadstar.registry;

import io.loadstar.blob.BlobSource;
import io.loadstar.registry.fake.FakeRegistry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** A registry with a blob, and a client that reads from it: for each kind of connection. */
@ParameterizedClass
@EnumSource
abstract class RegistryReads {
  final FakeRegistry.Wire wire;
  final TestAccess known;
  FakeRegistry registry;
  RegistryClient client;

  RegistryReads(FakeRegistry.Wire wire) {
    this.wire = wire;
    this.known = new TestAccess(wire);
  }

  @BeforeEach
  void start() throws IOException {
    registry = new FakeRegistry(wire);
    client = new RegistryClient(known.access());
  }

  @AfterEach
  void stop() {
    client.close();
    registry.close();
  }

  final byte[] read(long offset, int length) throws IOException {
    return bytes(client.openBlob(registry.image(), registry.blob()), offset, length);
  }

  static byte[] bytes(BlobSource blob, long offset, int length) throws IOException {
    byte[] bytes = new byte[length];
    blob.readFully(offset, ByteBuffer.wrap(bytes));
    return bytes;
  }

  final byte[] expected(int offset, int length) {
    return Arrays.copyOfRange(registry.bytes(), offset, offset + length);
  }
}
