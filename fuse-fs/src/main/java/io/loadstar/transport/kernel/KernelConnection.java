package io.loadstar.transport.kernel;

import static io.loadstar.linux.Errno.EIO;

import io.loadstar.fs.ReadOnlyFileSystem;
import io.loadstar.linux.FuseControl;
import io.loadstar.linux.MountTable;
import io.loadstar.transport.ConnectedMount;
import io.loadstar.transport.Failures;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to the kernel: its device, its threads and the reads that wait. Thread-safe; the
 * last of its threads lets the device go.
 *
 * <p>The lock is held for bookkeeping only: never while a thread is started, a request is answered
 * or the file system is called.
 */
final class KernelConnection implements ConnectedMount.Server {

  private static final Logger LOG = LoggerFactory.getLogger(KernelConnection.class);

  private final FuseDevice device;
  private final ReadOnlyFileSystem fileSystem;
  private final FramePool frames;
  private final Path mountPoint;
  private final int most;
  private final Watchdog watchdog;
  private final BackingFiles backings;
  private final FuseProtocol protocol;
  private final LateReads lateReads;

  private final Object lock = new Object();

  /** Guarded by lock; so is {@link #stuck}. */
  private final Set<DeviceThread> alive = new HashSet<>();

  /** Those that didn't come back in time, for each of which another was started. */
  private final Set<Thread> stuck = new HashSet<>();

  private final LongAdder requests = new LongAdder();
  private int named;
  private final CountDownLatch initialised = new CountDownLatch(1);
  private final CountDownLatch gone = new CountDownLatch(1);
  private volatile boolean ended;
  private volatile boolean disconnected;
  private volatile MountTable.@Nullable Entry entry;

  /**
   * @param mountPoint to name it by
   * @param mostThreads how many there may be at once
   */
  record Setting(
      Path mountPoint,
      int mostThreads,
      Agreement.Terms terms,
      FramePool frames,
      Watchdog watchdog) {}

  /** The device, held once, is the connection's from {@link #start} on. */
  KernelConnection(FuseDevice device, ReadOnlyFileSystem fileSystem, Setting setting) {
    this.device = device;
    this.fileSystem = fileSystem;
    this.frames = setting.frames;
    this.mountPoint = setting.mountPoint;
    this.most = setting.mostThreads;
    this.watchdog = setting.watchdog;
    Failures failures = new Failures(mountPoint);
    this.backings = new BackingFiles(fileSystem, new DeviceRegistry(device));
    this.protocol = new FuseProtocol(fileSystem, failures, setting.terms, backings);
    this.lateReads = new LateReads(fileSystem, failures, device, frames);
  }

  FuseDevice device() {
    return device;
  }

  FuseProtocol protocol() {
    return protocol;
  }

  BackingFiles backings() {
    return backings;
  }

  LateReads lateReads() {
    return lateReads;
  }

  /**
   * Starts its threads.
   *
   * @throws OutOfMemoryError if the system refuses one
   */
  void start(int threads) {
    for (int i = 0; i < Math.min(threads, most); i++) {
      launch();
    }
  }

  private void launch() {
    DeviceThread thread = new DeviceThread(this, fileSystem, frames);
    synchronized (lock) {
      thread.setName("fuse-" + ++named + " " + mountPoint);
      alive.add(thread);
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

  /** How the mount table shows it, which is known when it is mounted. */
  void mountedAs(MountTable.Entry shown) {
    entry = shown;
  }

  /** Between two requests: whether the calling thread is to go on. */
  boolean stays(DeviceThread thread) {
    if (ended) {
      return false;
    }
    synchronized (lock) {
      return !stuck.contains(thread);
    }
  }

  /** A request has come. */
  void received() {
    requests.increment();
  }

  /** How many requests there were. */
  long requests() {
    return requests.sum();
  }

  /** INIT has been answered. */
  void initialised() {
    initialised.countDown();
  }

  /**
   * Waits for {@link #initialised}.
   *
   * @return what was agreed upon; null if it didn't come about in time
   */
  @Nullable Agreement awaitInitialised(Duration bound) throws InterruptedException {
    return initialised.await(bound.toNanos(), TimeUnit.NANOSECONDS) ? protocol.agreement() : null;
  }

  /**
   * Answers with EIO whatever has been under way since before {@code since}, which is longer than
   * any reader's limit.
   */
  void giveUpOlderThan(long since) {
    int late = lateReads.giveUpOlderThan(since);
    if (late > 0) {
      LOG.warn("{}: {} reads were stuck, and are answered with EIO", mountPoint, late);
    }
    List<DeviceThread> threads;
    synchronized (lock) {
      threads = alive.stream().filter(thread -> isStuck(thread, since)).toList();
      stuck.addAll(threads);
    }
    threads.forEach(this::replace);
  }

  private boolean isStuck(DeviceThread thread, long since) {
    long at = thread.since();
    return at != DeviceThread.IDLE && at - since < 0 && !stuck.contains(thread);
  }

  /** Its request is answered, and another thread takes its place; it leaves if it comes back. */
  private void replace(DeviceThread thread) {
    LOG.error(
        "{}: {} is stuck; its request is answered with EIO. It is at {}",
        mountPoint,
        thread.getName(),
        List.of(thread.getStackTrace()));
    if (device.hold()) {
      Frame frame = frames.take(0);
      try {
        device.sendError(frame, thread.unique(), -EIO);
      } finally {
        frames.giveBack(frame);
        device.letGo();
      }
    }
    if (!ended && count() < most) {
      launch();
    }
  }

  /** A thread can't go on: all who wait get an error rather than nothing. */
  void breakOff() {
    end();
    MountTable.Entry shown = entry;
    if (shown != null) {
      try {
        FuseControl.abort(shown.minor());
      } catch (IOException e) {
        LOG.error("the connection of {} can't be aborted", mountPoint, e);
      }
    }
  }

  @Override
  public void end() {
    ended = true;
    lateReads.end();
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
  void left(DeviceThread thread) {
    synchronized (lock) {
      alive.remove(thread);
      stuck.remove(thread);
      if (!alive.isEmpty()) {
        return;
      }
    }
    watchdog.forget(this);
    lateReads.end();
    backings.close();
    device.letGo();
    gone.countDown();
  }

  @Override
  public boolean awaitGone(Duration bound) throws InterruptedException {
    return gone.await(bound.toNanos(), TimeUnit.NANOSECONDS);
  }

  @Override
  public int count() {
    synchronized (lock) {
      return alive.size();
    }
  }
}
