package io.loadstar.pull;

import io.loadstar.containerd.ContainerdException;
import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * A step of a pull that is done beside others. To be closed by who began it, which interrupts it if
 * it isn't done and waits for its end: nothing of a pull goes on after it. Of one thread.
 *
 * @param <T> what it brings
 */
final class Errand<T> implements AutoCloseable {

  private final FutureTask<T> task;
  private final Thread thread;

  private Errand(FutureTask<T> task, Thread thread) {
    this.task = task;
    this.thread = thread;
  }

  /** What is done. */
  interface Step<T> {
    T take() throws IOException, ContainerdException, PullException, InterruptedException;
  }

  static <T> Errand<T> begin(String name, Step<T> step) {
    FutureTask<T> task = new FutureTask<>(step::take);
    return new Errand<>(task, Thread.ofVirtual().name(name).start(task));
  }

  /** Waits for it; what it failed with, this throws. */
  T await() throws IOException, ContainerdException, PullException, InterruptedException {
    try {
      return task.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException cause -> throw cause;
        case ContainerdException cause -> throw cause;
        case PullException cause -> throw cause;
        case InterruptedException cause -> throw cause;
        case null, default -> throw new IllegalStateException(e);
      }
    }
  }

  @Override
  public void close() {
    thread.interrupt();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
