package io.loadstar.lazy;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The threads on which members are inflated, hashed and written to the store: platform threads, a
 * fixed number, what a reader waits for first. Thread-safe; ended by {@link Workers}.
 */
final class DecodePool {

  private final AtomicLong sequence = new AtomicLong();
  private final ThreadPoolExecutor threads;

  DecodePool(int count) {
    this.threads =
        new ThreadPoolExecutor(
            count,
            count,
            0,
            TimeUnit.SECONDS,
            new PriorityBlockingQueue<>(),
            Thread.ofPlatform().daemon().name("loadstar-decode-", 0).factory());
  }

  /**
   * Runs {@code work} when a thread is free.
   *
   * @throws java.util.concurrent.RejectedExecutionException if the pool is closed
   */
  void execute(Urgency urgency, Runnable work) {
    threads.execute(new Job(urgency, sequence.getAndIncrement(), work));
  }

  /** This pool for one kind of work. */
  Executor at(Urgency urgency) {
    return work -> execute(urgency, work);
  }

  /** The threads, for {@link Workers} to end. */
  ExecutorService threads() {
    return threads;
  }

  private record Job(Urgency urgency, long number, Runnable work)
      implements Runnable, Comparable<Job> {

    @Override
    public void run() {
      work.run();
    }

    @Override
    public int compareTo(Job other) {
      int first = urgency.compareTo(other.urgency);
      return first != 0 ? first : Long.compare(number, other.number);
    }
  }
}
