package io.loadstar.build;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;

/**
 * Tasks that run side by side and whose results are taken in the order in which they were added.
 * Not thread-safe. Closing it waits until none runs any more.
 */
final class OrderedWork<T> implements AutoCloseable {

  private final ExecutorService workers;
  private final Deque<Future<T>> tasks = new ArrayDeque<>();

  OrderedWork(ExecutorService workers) {
    this.workers = workers;
  }

  void add(Callable<T> task) {
    tasks.add(workers.submit(task));
  }

  /** How many were added whose results haven't been taken. */
  int pending() {
    return tasks.size();
  }

  /**
   * Waits for the oldest.
   *
   * @throws IOException as the task threw
   * @throws InterruptedIOException if this thread is interrupted; it stays so
   */
  T take() throws IOException {
    Future<T> oldest = tasks.element();
    try {
      T result = oldest.get();
      tasks.remove();
      return result;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while a layer was built");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failure) {
        throw failure;
      }
      throw new IllegalStateException("a task failed", e.getCause());
    }
  }

  /** Drops what hasn't begun, and waits for what has: it may still read what the caller closes. */
  @Override
  public void close() {
    // Not interrupted: that would close the files which the tasks share.
    tasks.forEach(task -> task.cancel(false));
    boolean interrupted = false;
    while (!tasks.isEmpty()) {
      try {
        tasks.element().get();
        tasks.remove();
      } catch (InterruptedException e) {
        interrupted = true;
      } catch (ExecutionException | CancellationException e) {
        tasks.remove(); // whoever closes early has an error of his own
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
