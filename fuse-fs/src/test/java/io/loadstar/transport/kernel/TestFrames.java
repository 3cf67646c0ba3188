package io.loadstar.transport.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;

/** Makes random bytes look a little like requests, or they would never get past the header. */
final class TestFrames {

  private TestFrames() {}

  /** Mostly gives {@code bytes} a true length, a known operation, a node and sizes that are. */
  static void shape(byte[] bytes, int length, Random random) {
    ByteBuffer frame = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (random.nextInt(10) > 0) {
      frame.putInt(FuseWire.InHeader.LENGTH, length);
    }
    if (random.nextInt(20) > 0) {
      frame.putInt(FuseWire.InHeader.OPCODE, random.nextInt(56));
    }
    if (random.nextInt(4) > 0) {
      frame.putLong(FuseWire.InHeader.NODE, random.nextInt(103));
    }
    if (random.nextInt(2) > 0) {
      frame.putLong(FuseWire.InHeader.SIZE + FuseWire.ReadIn.OFFSET, random.nextInt(200));
    }
    if (random.nextInt(3) > 0) {
      frame.putInt(FuseWire.InHeader.SIZE + FuseWire.ReadIn.LENGTH, random.nextInt(100_000));
    }
  }

  static int opcode(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(FuseWire.InHeader.OPCODE);
  }
}
