package io.loadstar.transport.kernel;

import static io.loadstar.linux.Errno.EIO;

import io.loadstar.fs.ReadOnlyFileSystem;
import io.loadstar.transport.Failures;
import io.loadstar.transport.kernel.FuseWire.OutHeader;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The reads of one connection whose bytes weren't there: no thread waits with them, whoever has
 * their bytes writes the reply. Thread-safe.
 *
 * <p>Each holds a frame for its bytes. So only as many are begun as have room in {@link
 * #MOST_BYTES}; the rest wait in a queue, and the kernel bounds that: behind each is a caller, or
 * one of its read-aheads. The lock is held for bookkeeping only.
 */
final class LateReads {

  /** What the frames of one connection's reads take at most. */
  static final long MOST_BYTES = 32L << 20;

  private final ReadOnlyFileSystem fileSystem;
  private final Failures failures;
  private final FuseDevice device;
  private final FramePool frames;

  private final Object lock = new Object();

  // Guarded by lock.
  private final Set<LateRead> underWay = new HashSet<>();
  private final ArrayDeque<Wanted> queued = new ArrayDeque<>();
  private long bytes;
  private boolean starting;
  private boolean ended;

  /**
   * A READ that is to be answered.
   *
   * @param unique the request's number
   * @param since when it came, as System.nanoTime() has it
   */
  record Wanted(long unique, long inode, long offset, int length, long since) {

    /** What its frame takes. */
    int cost() {
      return length <= FramePool.SMALL ? FramePool.SMALL : FramePool.LARGE;
    }
  }

  LateReads(ReadOnlyFileSystem fileSystem, Failures failures, FuseDevice device, FramePool frames) {
    this.fileSystem = fileSystem;
    this.failures = failures;
    this.device = device;
    this.frames = frames;
  }

  /** Has {@code read} answered when its bytes are there. Returns at once. */
  void answerLater(Wanted read) {
    synchronized (lock) {
      queued.add(read);
    }
    startQueued();
  }

  /** One thread at a time: a read that ends at once comes here again from inside of it. */
  private void startQueued() {
    LateRead next = next(false);
    while (next != null) {
      next.start();
      next = next(true);
    }
  }

  /**
   * The next that may start; null if there is none, or another thread is at it.
   *
   * @param mine whether the calling thread is the one that starts reads
   */
  private @Nullable LateRead next(boolean mine) {
    synchronized (lock) {
      if (starting && !mine) {
        return null;
      }
      Wanted read = ended ? null : queued.peek();
      starting = read != null && (underWay.isEmpty() || bytes + read.cost() <= MOST_BYTES);
      if (read == null || !starting) {
        return null;
      }
      queued.remove();
      bytes += read.cost();
      LateRead late = new LateRead(read);
      underWay.add(late);
      return late;
    }
  }

  private void isAnswered(LateRead late) {
    synchronized (lock) {
      if (underWay.remove(late)) {
        bytes -= late.read.cost();
      }
    }
    startQueued();
  }

  /** How many wait, for their bytes or for room. */
  int count() {
    synchronized (lock) {
      return underWay.size() + queued.size();
    }
  }

  /**
   * Answers with EIO what has waited since before {@code since}.
   *
   * @return how many there were
   */
  int giveUpOlderThan(long since) {
    List<Wanted> left = new ArrayList<>();
    List<LateRead> stuck = new ArrayList<>();
    synchronized (lock) {
      while (!queued.isEmpty() && queued.peek().since - since < 0) {
        left.add(queued.remove());
      }
      for (LateRead late : underWay) {
        if (late.read.since - since < 0) {
          stuck.add(late);
        }
      }
    }
    int count = left.size();
    left.forEach(read -> answerError(read.unique));
    for (LateRead late : stuck) {
      count += late.giveUp() ? 1 : 0;
    }
    return count;
  }

  /** The connection has ended: nothing is begun any more, and nobody is answered. */
  void end() {
    synchronized (lock) {
      ended = true;
      queued.clear();
    }
  }

  private void answerError(long unique) {
    if (device.hold()) {
      Frame frame = frames.take(0);
      try {
        device.sendError(frame, unique, -EIO);
      } finally {
        frames.giveBack(frame);
        device.letGo();
      }
    }
  }

  /** One that has been begun. */
  private final class LateRead implements ReadOnlyFileSystem.ReadCompletion {

    private final Wanted read;
    private final AtomicBoolean told = new AtomicBoolean();
    private final AtomicBoolean answered = new AtomicBoolean();
    private @Nullable Frame frame;

    LateRead(Wanted read) {
      this.read = read;
    }

    void start() {
      try {
        Frame taken = frames.take(read.length);
        frame = taken;
        ByteBuffer body = taken.bytes().slice(OutHeader.SIZE, Math.min(read.length, taken.room()));
        fileSystem.read(read.inode, read.offset, body, this);
      } catch (Throwable e) {
        completed(failures.answer("READ", e));
      }
    }

    /** Until now the frame was the file system's, also if the reader was given up meanwhile. */
    @Override
    public void completed(int result) {
      Frame taken = frame;
      if (!told.compareAndSet(false, true)) {
        return;
      }
      boolean mine = answered.compareAndSet(false, true);
      if (mine && taken == null) {
        answerError(read.unique);
      } else if (mine && taken != null) {
        send(taken, result);
      }
      if (taken != null) {
        frames.giveBack(taken);
      }
      if (mine) {
        isAnswered(this);
      }
    }

    private void send(Frame taken, int result) {
      if (!device.hold()) {
        return;
      }
      try {
        if (result < 0 || result > read.length) {
          device.sendError(taken, read.unique, result < 0 ? result : -EIO);
        } else {
          Exchange.writeHeader(taken.bytes(), OutHeader.SIZE + result, 0, read.unique);
          device.send(taken, OutHeader.SIZE + result);
        }
      } finally {
        device.letGo();
      }
    }

    /** Answers with EIO, unless it is answered; its frame stays the file system's. */
    boolean giveUp() {
      if (!answered.compareAndSet(false, true)) {
        return false;
      }
      answerError(read.unique);
      isAnswered(this);
      return true;
    }
  }
}
