package io.loadstar.lazy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads of a {@link LazyNode}, which closes them.
 *
 * @param network a virtual thread for each task: these wait for registries
 * @param decoders a fixed number of platform threads: these inflate, hash and write
 * @param timer one platform thread that only hands on what is due
 */
record Workers(ExecutorService network, DecodePool decoders, ScheduledThreadPoolExecutor timer)
    implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Workers.class);

  static Workers start(int decodeThreads) {
    ScheduledThreadPoolExecutor timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("loadstar-timer").factory());
    timer.setRemoveOnCancelPolicy(true);
    return new Workers(
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("loadstar-fetch-", 0).factory()),
        new DecodePool(decodeThreads),
        timer);
  }

  /** How long a thread may take to notice that it is to end. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** Interrupts what waits, drops what hasn't begun, and waits for the end of the rest. */
  @Override
  public void close() {
    List<ExecutorService> all = List.of(timer, network, decoders.threads());
    all.forEach(ExecutorService::shutdownNow);
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    try {
      for (ExecutorService each : all) {
        if (!each.awaitTermination(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
          LOG.warn("threads are still at work after {} s: {}", PATIENCE.toSeconds(), each);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
