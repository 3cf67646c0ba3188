package io.loadstar.transport.kernel;

import io.loadstar.linux.DeviceIo;
import io.loadstar.transport.kernel.FuseWire.OutHeader;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Native memory for one request or one reply, and all that a system call with it needs. Not
 * thread-safe; handed from thread to thread.
 *
 * <pre>
 * page 0                                                 page 1 ...
 * errno ...                          reply's header (16) | reply's body
 * </pre>
 *
 * So a reply is written in one piece, its data on a page's boundary.
 */
final class Frame {

  private static final int PAGE = Agreement.PAGE;

  private final ByteBuffer reply;
  private final MemorySegment segment;
  private final MemorySegment errno;

  /**
   * @param room for how many bytes behind the header
   */
  Frame(int room) {
    ByteBuffer memory = ByteBuffer.allocateDirect(room + 2 * PAGE).alignedSlice(PAGE);
    this.errno = MemorySegment.ofBuffer(memory.slice(0, (int) DeviceIo.ERRNO_SIZE));
    this.reply =
        memory.slice(PAGE - OutHeader.SIZE, OutHeader.SIZE + room).order(ByteOrder.LITTLE_ENDIAN);
    this.segment = MemorySegment.ofBuffer(reply);
  }

  /** Header and body, little-endian. */
  ByteBuffer bytes() {
    return reply;
  }

  /** How many bytes it has room for, behind the header. */
  int room() {
    return reply.capacity() - OutHeader.SIZE;
  }

  /** Where {@link #bytes} begins. */
  long address() {
    return segment.address();
  }

  /** Where a call puts its errno. */
  MemorySegment errno() {
    return errno;
  }
}
