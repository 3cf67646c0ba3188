package io.loadstar.transport.kernel;

import io.loadstar.fs.ReadOnlyFileSystem;
import io.loadstar.transport.kernel.FuseWire.InHeader;
import io.loadstar.transport.kernel.FuseWire.OutHeader;
import io.loadstar.transport.kernel.FuseWire.ReadIn;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * One request and the reply to it, used again and again by one thread. Not thread-safe.
 *
 * <p>The buffers are the caller's; a request begins at 0, and so does a reply.
 */
final class Exchange {

  private static final int BODY = InHeader.SIZE;

  private final ByteBuffer request;
  private final EntryWriter entries;
  private ByteBuffer reply;
  private int length;

  /**
   * @param request takes requests
   * @param reply takes replies
   */
  Exchange(ReadOnlyFileSystem fileSystem, ByteBuffer request, ByteBuffer reply) {
    this.request = request.order(ByteOrder.LITTLE_ENDIAN);
    this.reply = reply.order(ByteOrder.LITTLE_ENDIAN);
    this.entries = new EntryWriter(fileSystem);
  }

  /** A request of so many bytes has been put into the buffer. */
  void received(int bytes) {
    length = bytes;
    request.clear();
    reply.clear();
  }

  /** The next reply goes into another buffer. */
  void replyInto(ByteBuffer buffer) {
    reply = buffer;
    reply.clear();
  }

  /** Whether there is a header: without one, there is nobody to reply to. */
  boolean hasHeader() {
    return length >= InHeader.SIZE;
  }

  /** Whether there are as many bytes as the header says. */
  boolean isWhole() {
    return request.getInt(InHeader.LENGTH) == length;
  }

  /** Whether what follows the header has {@code size} bytes or more. */
  boolean hasBody(int size) {
    return length >= BODY + size;
  }

  int opcode() {
    return request.getInt(InHeader.OPCODE);
  }

  /** The number by which the kernel knows the request. */
  long unique() {
    return request.getLong(InHeader.UNIQUE);
  }

  /** The inode that is spoken of. */
  long node() {
    return request.getLong(InHeader.NODE);
  }

  /** Four bytes of the body. */
  int intAt(int offset) {
    return request.getInt(BODY + offset);
  }

  /** Eight bytes of the body. */
  long longAt(int offset) {
    return request.getLong(BODY + offset);
  }

  /** Where in the file a READ begins. */
  long readOffset() {
    return longAt(ReadIn.OFFSET);
  }

  /** How many bytes a READ wants. */
  int readLength() {
    return intAt(ReadIn.LENGTH);
  }

  /**
   * The name that begins at {@code offset} of the body, without the zero byte that ends it; null if
   * there is none. It holds until the next request.
   */
  @Nullable ByteBuffer name(int offset) {
    int start = BODY + offset;
    int end = start;
    while (end < length && request.get(end) != 0) {
      end++;
    }
    if (end == start || end >= length) {
      return null;
    }
    return request.limit(end).position(start);
  }

  EntryWriter entries() {
    return entries;
  }

  ByteBuffer reply() {
    return reply;
  }

  /** The reply's body with room for {@code wanted} bytes, or for as many as there can be. */
  ByteBuffer body(int wanted) {
    int room = reply.capacity() - OutHeader.SIZE;
    int size = wanted < 0 ? room : Math.min(wanted, room);
    return reply.limit(OutHeader.SIZE + size).position(OutHeader.SIZE);
  }

  /**
   * Makes it a reply of {@code bodyLength} bytes behind the header.
   *
   * @return the whole length
   */
  int answered(int bodyLength) {
    return finished(OutHeader.SIZE + bodyLength, 0);
  }

  /**
   * Makes it an error.
   *
   * @param negativeErrno less than 0
   * @return the whole length
   */
  int failed(int negativeErrno) {
    return finished(OutHeader.SIZE, negativeErrno);
  }

  private int finished(int whole, int error) {
    request.clear();
    writeHeader(reply, whole, error, unique());
    return whole;
  }

  /** Writes a reply's header at the beginning of {@code reply}. */
  static void writeHeader(ByteBuffer reply, int whole, int error, long unique) {
    reply.clear();
    reply.putInt(OutHeader.LENGTH, whole);
    reply.putInt(OutHeader.ERROR, error);
    reply.putLong(OutHeader.UNIQUE, unique);
  }
}
