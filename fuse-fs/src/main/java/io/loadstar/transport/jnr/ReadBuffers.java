package io.loadstar.transport.jnr;

import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Buffers for reads that wait, shared by all mounts. Thread-safe.
 *
 * <p>A read that waits gets one of these instead of libfuse's own, which libfuse frees as soon as
 * the read was answered: one that is given up, since its mount ends, may still be written to.
 */
final class ReadBuffers {

  /** What the kernel asks for at most: max_read of the mount. */
  static final int SIZE = JnrFuseTransport.MAX_READ;

  /** How many are kept for the next time: 8 MiB of them. */
  private static final int KEPT = 64;

  private static final ConcurrentLinkedQueue<ByteBuffer> FREE = new ConcurrentLinkedQueue<>();
  private static final AtomicInteger FREE_COUNT = new AtomicInteger();

  private ReadBuffers() {}

  /** One with room for {@code size} bytes exactly. */
  static ByteBuffer take(int size) {
    if (size > SIZE) {
      return ByteBuffer.allocateDirect(size);
    }
    ByteBuffer buffer = FREE.poll();
    if (buffer == null) {
      buffer = ByteBuffer.allocateDirect(SIZE);
    } else {
      FREE_COUNT.decrementAndGet();
    }
    return buffer.clear().limit(size);
  }

  /** Takes back one that nobody writes to any more. */
  static void giveBack(ByteBuffer buffer) {
    if (buffer.capacity() == SIZE && FREE_COUNT.get() < KEPT) {
      FREE_COUNT.incrementAndGet();
      FREE.add(buffer);
    }
  }
}
