package io.loadstar.daemon;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Threads that make trees of TOCs, as many as there are processors, and none when there is nothing
 * to do. Thread-safe.
 *
 * <p>A TOC of ten thousand entries leaves megabytes of garbage, and the serial collector takes the
 * heap's room back from itself only in a full collection, for which a daemon that is idle has no
 * reason. So one is made when a burst is over and the heap has grown: it takes as long as what is
 * alive is big, and that isn't much, since what is mounted is mapped and not in the heap.
 */
final class LayerThreads extends ThreadPoolExecutor {

  /** How long nothing has been parsed when a burst is over. */
  private static final Duration QUIET = Duration.ofSeconds(3);

  /** A heap of less is what a daemon that has mounted nothing has. */
  private static final long LEAST_BYTES = 48L << 20;

  private static final long IDLE_SECONDS = 30;

  private final AtomicBoolean awaited = new AtomicBoolean();
  private volatile long lastEnd;

  LayerThreads() {
    super(
        Runtime.getRuntime().availableProcessors(),
        Runtime.getRuntime().availableProcessors(),
        IDLE_SECONDS,
        TimeUnit.SECONDS,
        new LinkedBlockingQueue<>(),
        Thread.ofPlatform().daemon().name("loadstar-layer-", 0).factory());
    allowCoreThreadTimeOut(true);
  }

  @Override
  protected void afterExecute(Runnable work, @Nullable Throwable error) {
    lastEnd = System.nanoTime();
    awaitQuiet();
  }

  private void awaitQuiet() {
    if (awaited.compareAndSet(false, true)) {
      CompletableFuture.delayedExecutor(
              QUIET.toMillis(), TimeUnit.MILLISECONDS, Thread::startVirtualThread)
          .execute(this::collectIfQuiet);
    }
  }

  private void collectIfQuiet() {
    awaited.set(false);
    if (getActiveCount() > 0 || System.nanoTime() - lastEnd < QUIET.toNanos()) {
      awaitQuiet();
    } else if (Runtime.getRuntime().totalMemory() >= LEAST_BYTES) {
      System.gc();
    }
  }
}
