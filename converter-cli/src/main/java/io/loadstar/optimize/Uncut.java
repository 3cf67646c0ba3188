package io.loadstar.optimize;

import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Work that is waited for to its end also by a thread that is interrupted: what was mounted or
 * started has to be known, or it couldn't be undone. It runs on a platform thread, since mounting
 * blocks in native code. Stateless.
 */
final class Uncut {

  private Uncut() {}

  /**
   * Runs {@code work} and hands on what it returns or throws.
   *
   * @throws IOException as {@code work} does; of another checked exception its message
   */
  static <T> T run(Callable<T> work) throws IOException {
    FutureTask<T> task = new FutureTask<>(work);
    Thread.ofPlatform().daemon().name("loadstar-optimize").start(task);
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return task.get();
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException e) {
          throw failure(e);
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static IOException failure(ExecutionException e) {
    return switch (e.getCause()) {
      case IOException failure -> failure;
      case RuntimeException failure -> throw failure;
      case Error failure -> throw failure;
      case null -> throw new IllegalStateException(e);
      case Exception failure ->
          new OptimizationException(String.valueOf(failure.getMessage()), failure);
      default -> throw new IllegalStateException(e.getCause());
    };
  }
}
