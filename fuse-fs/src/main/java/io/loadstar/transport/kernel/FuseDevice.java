package io.loadstar.transport.kernel;

import static io.loadstar.linux.Errno.EAGAIN;
import static io.loadstar.linux.Errno.ECONNABORTED;
import static io.loadstar.linux.Errno.EINTR;
import static io.loadstar.linux.Errno.EIO;
import static io.loadstar.linux.Errno.ENODEV;
import static io.loadstar.linux.Errno.ENOENT;
import static io.loadstar.linux.Errno.ENOTCONN;

import io.loadstar.linux.DeviceIo;
import io.loadstar.linux.Errno;
import io.loadstar.linux.ErrnoException;
import io.loadstar.linux.Libc;
import io.loadstar.transport.kernel.FuseWire.OutHeader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An open /dev/fuse: one connection's requests and replies. Thread-safe.
 *
 * <p>Closed by the last of those who hold it, so that nobody ever writes to a descriptor that
 * stands for something else by then.
 */
final class FuseDevice {

  /** {@link #receive}: there will be no more requests. */
  static final int ENDED = 0;

  /** {@link #receive}: there was none this time. */
  static final int NOTHING = -1;

  private static final Logger LOG = LoggerFactory.getLogger(FuseDevice.class);

  private final int fd;
  private final AtomicInteger holders = new AtomicInteger(1);

  /** Held once, by the caller, whose {@code fd} becomes the device's. */
  FuseDevice(int fd) {
    this.fd = fd;
  }

  int fd() {
    return fd;
  }

  /** Holds it once more; false if it is closed. */
  boolean hold() {
    int count = holders.get();
    while (count > 0) {
      if (holders.compareAndSet(count, count + 1)) {
        return true;
      }
      count = holders.get();
    }
    return false;
  }

  /** Ends one {@link #hold}, or the first holder's. */
  void letGo() {
    if (holders.decrementAndGet() == 0) {
      try {
        Libc.get().close(fd);
      } catch (ErrnoException e) {
        LOG.warn("a FUSE device can't be closed: {}", e.getMessage());
      }
    }
  }

  /**
   * Waits for a request.
   *
   * @param frame gets it, without a header of its own
   * @return its length, {@link #ENDED} or {@link #NOTHING}
   * @throws IOException if the device can't be read
   */
  int receive(Frame frame) throws IOException {
    long length = DeviceIo.read(frame.errno(), fd, frame.address(), frame.bytes().capacity());
    if (length > 0) {
      return (int) length;
    }
    return switch ((int) -length) {
      case EINTR, EAGAIN, ENOENT -> NOTHING;
      case 0, ENODEV, ECONNABORTED, ENOTCONN -> ENDED;
      default -> throw new IOException("read /dev/fuse: " + Errno.name((int) -length));
    };
  }

  /** Writes the first {@code length} bytes of {@code frame}, which are a reply. By a holder. */
  void send(Frame frame, int length) {
    long written = DeviceIo.write(frame.errno(), fd, frame.address(), length);
    if (written != length) {
      notWritten(frame, (int) -written);
    }
  }

  /**
   * Nobody may be left without an answer, whatever the reason.
   *
   * @param errno 0 or less if too few bytes were taken
   */
  private void notWritten(Frame frame, int errno) {
    switch (errno) {
      case ENOENT, ENODEV, ECONNABORTED, ENOTCONN -> {
        // Whoever asked is gone, or all of them are.
      }
      default -> {
        LOG.error("a reply wasn't taken, and becomes EIO: {}", Errno.name(errno));
        sendError(frame, frame.bytes().getLong(OutHeader.UNIQUE), -EIO);
      }
    }
  }

  /** Answers a request with an error, by way of {@code frame}. By a holder. */
  void sendError(Frame frame, long unique, int negativeErrno) {
    Exchange.writeHeader(frame.bytes(), OutHeader.SIZE, negativeErrno, unique);
    DeviceIo.write(frame.errno(), fd, frame.address(), OutHeader.SIZE);
  }

  /** ioctl(2) on the device; the result or a negative errno. By a holder. */
  int control(MemorySegment errno, long request, MemorySegment argument) {
    return DeviceIo.ioctl(errno, fd, request, argument);
  }
}
