package io.loadstar.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Writes to a descriptor, which it closes. Not thread-safe; doesn't buffer. */
final class DescriptorOutput extends OutputStream {

  private static final int WINDOW = 1 << 16;

  private final int fd;
  private final String shown;
  private final Arena arena = Arena.ofConfined();
  private final MemorySegment errno = arena.allocate(DeviceIo.ERRNO_SIZE, Long.BYTES);
  private final MemorySegment window = arena.allocate(WINDOW);
  private boolean closed;

  DescriptorOutput(int fd, String shown) {
    this.fd = fd;
    this.shown = shown;
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] source, int start, int length) throws IOException {
    int done = 0;
    while (done < length) {
      int count = Math.min(length - done, WINDOW);
      MemorySegment.copy(source, start + done, window, JAVA_BYTE, 0, count);
      writeWindow(count);
      done += count;
    }
  }

  private void writeWindow(int length) throws IOException {
    long done = 0;
    while (done < length) {
      long count = DeviceIo.write(errno, fd, window.address() + done, length - done);
      if (count < 0 && -count != Errno.EINTR) {
        throw new ErrnoException("write " + shown, (int) -count);
      }
      done += Math.max(0, count);
    }
  }

  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    arena.close();
    Libc.get().close(fd);
  }
}
