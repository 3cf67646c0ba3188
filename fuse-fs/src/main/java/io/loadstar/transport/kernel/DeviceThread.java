package io.loadstar.transport.kernel;

import io.loadstar.fs.ReadOnlyFileSystem;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads requests from a device and answers them: a platform thread, since it waits in the kernel.
 * It never waits for anything else; a READ whose bytes aren't there is left to {@link LateReads}.
 */
final class DeviceThread extends Thread {

  /** {@link #since} while there is no request. */
  static final long IDLE = 0;

  private static final Logger LOG = LoggerFactory.getLogger(DeviceThread.class);

  /** The kernel wants 8192; the rest is for FORGETs, which come in batches as large as this. */
  private static final int REQUEST_ROOM = 64 << 10;

  /** For all replies but those to a READ: an extended attribute has 64 KiB at most. */
  private static final int REPLY_ROOM = 68 << 10;

  private final KernelConnection connection;
  private final FuseDevice device;
  private final FuseProtocol protocol;
  private final FramePool frames;
  private final Frame request = new Frame(REQUEST_ROOM);
  private final Frame reply = new Frame(REPLY_ROOM);
  private final Exchange exchange;

  /** What the watchdog wants to know of the request that is being answered. */
  private volatile long since = IDLE;

  private volatile long unique;

  DeviceThread(KernelConnection connection, ReadOnlyFileSystem fileSystem, FramePool frames) {
    this.connection = connection;
    this.device = connection.device();
    this.protocol = connection.protocol();
    this.frames = frames;
    this.exchange = new Exchange(fileSystem, request.bytes(), reply.bytes());
    setDaemon(true);
  }

  @Override
  public void run() {
    try {
      serveRequests();
    } catch (IOException | RuntimeException | Error e) {
      LOG.error("{} stops, and its mount with it", getName(), e);
      connection.breakOff();
    } finally {
      connection.left(this);
    }
  }

  private void serveRequests() throws IOException {
    while (connection.stays(this)) {
      int length = device.receive(request);
      if (length == FuseDevice.ENDED) {
        connection.disconnected();
        return;
      }
      if (length != FuseDevice.NOTHING) {
        exchange.received(length);
        serve();
      }
    }
  }

  private void serve() {
    unique = exchange.unique();
    since = now();
    connection.received();
    int opcode = exchange.opcode();
    if (opcode == Opcode.READ) {
      serveRead();
    } else {
      int length = protocol.answer(exchange);
      if (length > 0) {
        device.send(reply, length);
      }
      if (opcode == Opcode.INIT) {
        connection.initialised();
      }
    }
    since = IDLE;
  }

  /** The frame is the thread's only for so long: a mount that nobody reads from takes no memory. */
  private void serveRead() {
    Frame frame = frames.take(exchange.readLength());
    try {
      exchange.replyInto(frame.bytes());
      int length = protocol.answer(exchange);
      if (length == FuseProtocol.LATER) {
        connection.lateReads().answerLater(wanted());
      } else if (length > 0) {
        device.send(frame, length);
      }
    } finally {
      exchange.replyInto(reply.bytes());
      frames.giveBack(frame);
    }
  }

  private LateReads.Wanted wanted() {
    return new LateReads.Wanted(
        exchange.unique(),
        exchange.node(),
        exchange.readOffset(),
        exchange.readLength(),
        System.nanoTime());
  }

  private static long now() {
    long now = System.nanoTime();
    return now == IDLE ? 1 : now;
  }

  /** Since when it has been at one request, as System.nanoTime() has it; {@link #IDLE} if not. */
  long since() {
    return since;
  }

  /** That request's number. */
  long unique() {
    return unique;
  }
}
