package io.loadstar.transport.jnr;

import io.loadstar.fs.ReadOnlyFileSystem;
import io.loadstar.transport.ConnectedMount;
import io.loadstar.transport.Failures;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads of one mount: how many there are, and what each may do next. Thread-safe.
 *
 * <p>A thread is <em>free</em> (it receives requests or answers one that can't wait),
 * <em>waiting</em> (in a read, for bytes) or <em>spare</em> (parked). Two are kept free: more bring
 * nothing, since the kernel hands out one request at a time. When one begins to wait, a spare one
 * takes its place, or a new one, up to the maximum. One that comes back from waiting and isn't
 * needed becomes spare, and ends after a while.
 *
 * <p>Reads are given slots, one fewer than there may be threads: so one thread at least never
 * waits, and metadata is always answered. A read that finds no slot is deferred: whoever frees a
 * slot takes it up. The kernel bounds how many there can be: its callers wait for each of them.
 *
 * <p>The lock is held for bookkeeping only: never while a thread is started, a request is processed
 * or the file system is called.
 */
final class SessionThreads implements ConnectedMount.Server {

  private static final Logger LOG = LoggerFactory.getLogger(SessionThreads.class);

  /** How many are kept free. */
  static final int FREE = 2;

  /** How long a spare one stays before it ends. */
  static final Duration SPARE_STAYS = Duration.ofSeconds(5);

  private final LibFuseSession session;
  private final ReadOnlyFileSystem fileSystem;
  private final Failures failures;
  private final Path mountPoint;
  private final int maximum;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition recalled = lock.newCondition();
  private final Set<Thread> alive = new HashSet<>();
  private final ArrayDeque<byte[]> deferred = new ArrayDeque<>();
  private final CountDownLatch initialised = new CountDownLatch(1);
  private final CountDownLatch gone = new CountDownLatch(1);

  /** All but those that have decided to end. */
  private int total;

  private int waiting;
  private int spare;

  /** How many of those that are parked were called back, and haven't noticed yet. */
  private int recalls;

  private int reading;
  private int named;
  private volatile boolean ended;
  private volatile boolean disconnected;

  /** The last of the threads destroys {@code session}. */
  SessionThreads(
      LibFuseSession session, ReadOnlyFileSystem fileSystem, Path mountPoint, int maximum) {
    this.session = session;
    this.fileSystem = fileSystem;
    this.failures = new Failures(mountPoint);
    this.mountPoint = mountPoint;
    this.maximum = maximum;
  }

  /**
   * Starts the first ones.
   *
   * @throws OutOfMemoryError if the system refuses a thread
   */
  void start() {
    lock.lock();
    try {
      total = FREE;
    } finally {
      lock.unlock();
    }
    for (int i = 0; i < FREE; i++) {
      launch();
    }
  }

  /**
   * Between two requests: parks the calling thread while it isn't needed; false if it is to end.
   */
  boolean stay() {
    lock.lock();
    try {
      return !ended && (free() <= FREE || park());
    } finally {
      lock.unlock();
    }
  }

  private boolean park() {
    spare++;
    long nanos = SPARE_STAYS.toNanos();
    while (recalls == 0 && !ended && nanos > 0) {
      try {
        nanos = recalled.awaitNanos(nanos);
      } catch (InterruptedException e) {
        // Nobody has a reason to interrupt it. It goes on waiting, the flag cleared.
      }
    }
    if (recalls > 0) {
      recalls--;
      return !ended;
    }
    spare--;
    total--;
    return false;
  }

  /** Takes a slot for a read that may wait; false if all are taken. */
  boolean takeReadSlot() {
    lock.lock();
    try {
      if (reading == maximum - 1) {
        return false;
      }
      reading++;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Takes a slot, or leaves the request to whoever frees one; false if so. */
  boolean takeReadSlotOrDefer(byte[] request) {
    lock.lock();
    try {
      if (takeReadSlot()) {
        return true;
      }
      deferred.add(request);
      return false;
    } finally {
      lock.unlock();
    }
  }

  /**
   * What the holder of a slot does with it next: a deferred read, or null if the slot was freed.
   */
  byte @Nullable [] deferredReadOrFreeSlot() {
    lock.lock();
    try {
      byte[] request = deferred.poll();
      if (request == null) {
        reading--;
      }
      return request;
    } finally {
      lock.unlock();
    }
  }

  /**
   * The calling thread, which holds a slot, is about to wait: sees to it that others are free.
   *
   * @return false if it must not, since the system has no thread to take its place
   */
  boolean beginWait() {
    boolean launch;
    lock.lock();
    try {
      waiting++;
      launch = false;
      if (free() < FREE) {
        if (spare > 0) {
          spare--;
          recalls++;
          recalled.signal();
        } else if (total < maximum) {
          total++;
          launch = true;
        }
      }
    } finally {
      lock.unlock();
    }
    return !launch || launchAnother();
  }

  void endWait() {
    lock.lock();
    try {
      waiting--;
    } finally {
      lock.unlock();
    }
  }

  private boolean launchAnother() {
    try {
      launch();
      return true;
    } catch (OutOfMemoryError e) {
      LOG.warn("no further thread for a read that waits", e);
      lock.lock();
      try {
        total--;
        if (free() > 0) {
          return true;
        }
        waiting--;
        return false;
      } finally {
        lock.unlock();
      }
    }
  }

  /** Starts a thread that was counted already. */
  private void launch() {
    SessionThread thread = new SessionThread(session, fileSystem, failures, this);
    lock.lock();
    try {
      thread.setName("fuse-" + ++named + " " + mountPoint);
      alive.add(thread);
    } finally {
      lock.unlock();
    }
    boolean started = false;
    try {
      thread.start();
      started = true;
    } finally {
      if (!started) {
        left(thread);
      }
    }
  }

  private int free() {
    return total - waiting - spare;
  }

  /** The kernel and libfuse have agreed on a protocol. */
  void initialised() {
    initialised.countDown();
  }

  /** Waits for {@link #initialised}; false if it didn't come about in time. */
  boolean awaitInitialised(Duration bound) throws InterruptedException {
    return initialised.await(bound.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Ends whoever parks or waits; reads that wait are answered with EIO. */
  @Override
  public void end() {
    List<Thread> threads;
    lock.lock();
    try {
      ended = true;
      recalled.signalAll();
      threads = List.copyOf(alive);
    } finally {
      lock.unlock();
    }
    threads.forEach(LockSupport::unpark);
  }

  /** The kernel has ended the connection: nobody can ask anything any more. */
  void disconnected() {
    disconnected = true;
    end();
  }

  @Override
  public boolean isDisconnected() {
    return disconnected;
  }

  @Override
  public boolean hasEnded() {
    return ended;
  }

  /** The last thing that a thread does. */
  void left(Thread thread) {
    lock.lock();
    try {
      alive.remove(thread);
      if (!alive.isEmpty()) {
        return;
      }
    } finally {
      lock.unlock();
    }
    session.destroy();
    gone.countDown();
  }

  /** Waits until all have left; false if they haven't in time. */
  @Override
  public boolean awaitGone(Duration bound) throws InterruptedException {
    return gone.await(bound.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** How many are alive. */
  @Override
  public int count() {
    lock.lock();
    try {
      return alive.size();
    } finally {
      lock.unlock();
    }
  }
}
