package io.loadstar.transport.kernel;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Looks after the requests of all mounts of a transport: one that is stuck past every reader's
 * limit is answered with EIO, since its caller can't even be killed. Thread-safe. Its one thread
 * lives as long as there are mounts.
 */
final class Watchdog {

  /** It looks this many times while a request grows old enough. */
  private static final int LOOKS = 4;

  private final long limit;
  private final Set<KernelConnection> connections = ConcurrentHashMap.newKeySet();
  private final Object lock = new Object();

  /** Guarded by lock. */
  private @Nullable Thread thread;

  /**
   * @param limit when a request is stuck
   */
  Watchdog(Duration limit) {
    this.limit = limit.toNanos();
  }

  /** Looks after a connection until it is forgotten. */
  void watch(KernelConnection connection) {
    connections.add(connection);
    synchronized (lock) {
      if (thread == null) {
        thread = Thread.ofPlatform().daemon().name("fuse-watchdog").start(this::run);
      }
    }
  }

  /** A connection has ended. */
  void forget(KernelConnection connection) {
    connections.remove(connection);
    synchronized (lock) {
      LockSupport.unpark(thread);
    }
  }

  private void run() {
    long next = System.nanoTime() + limit / LOOKS;
    while (hasWork()) {
      LockSupport.parkNanos(this, next - System.nanoTime());
      Thread.interrupted();
      if (System.nanoTime() - next < 0) {
        continue;
      }
      next = System.nanoTime() + limit / LOOKS;
      for (KernelConnection connection : List.copyOf(connections)) {
        connection.giveUpOlderThan(System.nanoTime() - limit);
      }
    }
  }

  private boolean hasWork() {
    synchronized (lock) {
      if (connections.isEmpty()) {
        thread = null;
        return false;
      }
      return true;
    }
  }
}
