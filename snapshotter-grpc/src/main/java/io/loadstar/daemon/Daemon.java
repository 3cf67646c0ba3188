package io.loadstar.daemon;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is running, in the order in which it was started. Not thread-safe; closing it ends
 * everything, the last first.
 */
final class Daemon implements Closeable {

  private static final Logger log = LoggerFactory.getLogger(Daemon.class);

  private final Deque<Closeable> parts = new ArrayDeque<>();
  private @Nullable Reload reload;

  /** Adds what has been started. */
  <T extends Closeable> T add(T part) {
    parts.push(part);
    return part;
  }

  /** Adds what has been started and ends without an error. */
  <T extends AutoCloseable> T addQuiet(T part) {
    parts.push(() -> {
      try {
        part.close();
      } catch (IOException | RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new IOException(e);
      }
    });
    return part;
  }

  /** How its configuration is read again. */
  void onReload(Reload how) {
    reload = how;
  }

  /** Reads its configuration again. */
  void reload(Reload.Reading reading) {
    if (reload != null) {
      reload.run(reading);
    }
  }

  /** Ends everything; what can't be ended is logged, and doesn't keep the rest. */
  @Override
  public void close() {
    while (!parts.isEmpty()) {
      try {
        parts.pop().close();
      } catch (IOException | RuntimeException e) {
        log.error("while stopping", e);
      }
    }
  }
}
