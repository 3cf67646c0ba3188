package io.loadstar.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Runs a command so that Ctrl-C (SIGINT) and SIGTERM end it tidily: the thread is interrupted, its
 * finally blocks remove what is half done, and only then does the process go, with 130 or 143.
 *
 * <p>The thread is a virtual one, since an interrupt wakes those even out of a blocking read of a
 * socket, which it doesn't on a platform thread ({@code java.net.Socket#getInputStream}).
 */
final class CommandThread {

  /** What a command has for tidying up; a second Ctrl-C doesn't shorten it. */
  static final Duration TIDYING_LIMIT = Duration.ofSeconds(10);

  private CommandThread() {}

  /**
   * Runs {@code command} to its end and hands on what it returns or throws.
   *
   * @param errors where "interrupted" is written
   */
  static <T> T run(Callable<T> command, PrintWriter errors) throws Exception {
    FutureTask<T> task = new FutureTask<>(command);
    Thread thread = Thread.ofVirtual().name("command").unstarted(task);
    Thread hook =
        Thread.ofPlatform().name("interrupted").unstarted(() -> interrupt(task, thread, errors));
    remember(hook);
    thread.start();
    try {
      return task.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    } finally {
      forget(hook);
    }
  }

  private static void interrupt(FutureTask<?> task, Thread thread, PrintWriter errors) {
    if (task.isDone()) {
      return;
    }
    errors.println("loadstar: interrupted");
    errors.flush();
    thread.interrupt();
    try {
      boolean ended = thread.join(TIDYING_LIMIT);
      if (!ended) {
        errors.println("loadstar: tidying up took too long; something may be left behind");
        errors.flush();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Hangs the hook up; a signal that came before it did has nothing to tidy up yet. */
  private static void remember(Thread hook) {
    try {
      Runtime.getRuntime().addShutdownHook(hook);
    } catch (IllegalStateException e) {
      waitForTheEnd();
    }
  }

  /** Takes the hook back, or stays here for good if the hook is at work. */
  private static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      waitForTheEnd();
    }
  }

  /** The process is ending by a signal: nothing more may be printed, and the exit code is set. */
  private static void waitForTheEnd() {
    while (true) {
      try {
        Thread.sleep(Duration.ofDays(1));
      } catch (InterruptedException e) {
        // Nobody interrupts the main thread, and there is nothing that it could still do.
      }
    }
  }
}
