package io.loadstar.rig;

import java.time.Duration;
import java.util.concurrent.TimeoutException;

/** Waiting for something that another process does: asked again until it is so, or time is up. */
public final class Deadline {

  private static final Duration BETWEEN_QUESTIONS = Duration.ofMillis(20);

  private Deadline() {}

  /**
   * A question that can be asked again.
   *
   * @param <E> what asking it may fail with
   */
  @FunctionalInterface
  public interface Condition<E extends Exception> {

    /** Whether it is so by now. */
    boolean holds() throws E, InterruptedException, TimeoutException;
  }

  /**
   * Returns as soon as {@code condition} holds.
   *
   * @param what what is waited for, for the message
   * @throws TimeoutException if it doesn't hold within {@code limit}
   */
  public static <E extends Exception> void await(
      Duration limit, String what, Condition<E> condition)
      throws E, InterruptedException, TimeoutException {
    long end = System.nanoTime() + limit.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() > end) {
        throw new TimeoutException("not within " + limit.toSeconds() + " s: " + what);
      }
      Thread.sleep(BETWEEN_QUESTIONS);
    }
  }
}
