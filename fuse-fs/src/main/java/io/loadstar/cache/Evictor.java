package io.loadstar.cache;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes room in a store, on a thread of its own, when it is told that room is scarce. Thread-safe;
 * closed by the store.
 *
 * <p>An object may go at any time: who has it open reads on, since a file's bytes live as long as
 * somebody has it open, and who wants it next fetches it again.
 */
final class Evictor implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Evictor.class);

  /** When nothing could be evicted, the disk is another's: not to be walked again at once. */
  private static final Duration PAUSE = Duration.ofSeconds(10);

  private static final Duration STOP_LIMIT = Duration.ofSeconds(10);

  /** The store, as its evictor sees it. */
  interface Shelves {

    /** How many bytes must go now, 0 or more, also for an object of {@code wanted} to fit. */
    long excess(long wanted);

    /** Walks over all objects. */
    void forEach(StoreLayout.ObjectVisitor visitor) throws IOException;

    /** Lets go of what is only kept open because it might be read again. */
    void closeIdle();

    /** Removes an object; how many bytes that has given back, 0 if it is being changed. */
    long evict(Path object) throws IOException;
  }

  private final Shelves shelves;
  private final Semaphore calls = new Semaphore(0);
  private final AtomicLong wanted = new AtomicLong();
  private final LongAdder evicted = new LongAdder();
  private final Thread thread;
  private volatile boolean closed;

  private Evictor(Shelves shelves) {
    this.shelves = shelves;
    this.thread = Thread.ofPlatform().daemon().name("loadstar-evict").unstarted(this::run);
  }

  static Evictor start(Shelves shelves) {
    Evictor evictor = new Evictor(shelves);
    evictor.thread.start();
    return evictor;
  }

  /**
   * Has it look whether room is scarce; returns at once.
   *
   * @param size how large an object is that didn't fit, 0 if none
   */
  void call(long size) {
    wanted.accumulateAndGet(size, Math::max);
    if (calls.availablePermits() == 0) {
      calls.release();
    }
  }

  /** How many objects it has removed so far. */
  long evicted() {
    return evicted.sum();
  }

  private void run() {
    while (!closed) {
      try {
        calls.acquire();
        calls.drainPermits();
        long excess = shelves.excess(wanted.getAndSet(0));
        if (excess > 0 && makeRoom(excess) == 0) {
          Thread.sleep(PAUSE);
        }
      } catch (InterruptedException e) {
        return;
      } catch (IOException | RuntimeException e) {
        LOG.warn("can't make room in the content store: {}", e.toString());
      }
    }
  }

  /** Removes what wasn't used for longest; how many bytes that gave back. */
  private long makeRoom(long excess) throws IOException {
    long now = System.currentTimeMillis();
    EvictionOrder order = new EvictionOrder(excess);
    shelves.closeIdle();
    shelves.forEach((_, size, usedAt) -> order.add(size, now - usedAt));
    Removal removal = new Removal();
    shelves.forEach((object, size, usedAt) -> {
      if (!closed && order.goes(size, now - usedAt)) {
        removal.of(object);
      }
    });
    evicted.add(removal.objects);
    LOG.info(
        "the content store was full: {} objects with {} bytes evicted, of {} that had to go",
        removal.objects,
        removal.bytes,
        excess);
    return removal.bytes;
  }

  private final class Removal {
    private long objects;
    private long bytes;

    void of(Path object) throws IOException {
      long freed = shelves.evict(object);
      if (freed > 0) {
        objects++;
        bytes += freed;
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    try {
      thread.join(STOP_LIMIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
