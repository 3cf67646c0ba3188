package io.loadstar.transport.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.loadstar.transport.kernel.FuseWire.OutHeader;
import org.junit.jupiter.api.Test;

final class FramePoolTest {

  @Test
  void aFrameThatHeldAShortReplyHasRoomForALongOneAgain() {
    FramePool frames = new FramePool();
    Frame used = frames.take(4096);
    used.bytes().position(OutHeader.SIZE).limit(OutHeader.SIZE + 4096);
    frames.giveBack(used);
    Frame again = frames.take(8192);
    assertSame(used, again);
    assertEquals(0, again.bytes().position());
    assertEquals(OutHeader.SIZE + FramePool.SMALL, again.bytes().limit());
  }
}
