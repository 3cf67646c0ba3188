package io.loadstar.daemon;

import java.io.Closeable;
import java.io.IOException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Something that is made when it is first asked for. Thread-safe; closing it closes what was made.
 */
final class Once<T extends Closeable> implements Supplier<T>, Closeable {

  private final Supplier<T> maker;
  private @Nullable T made;
  private boolean closed;

  Once(Supplier<T> maker) {
    this.maker = maker;
  }

  /**
   * What was made, or is made now.
   *
   * @throws IllegalStateException if it was closed before
   */
  @Override
  public synchronized T get() {
    makeAhead();
    if (made == null) {
      throw new IllegalStateException("shutting down");
    }
    return made;
  }

  /** Makes it, unless it was made or closed before. */
  synchronized void makeAhead() {
    if (made == null && !closed) {
      made = maker.get();
    }
  }

  @Override
  public synchronized void close() throws IOException {
    closed = true;
    if (made != null) {
      made.close();
    }
  }
}
