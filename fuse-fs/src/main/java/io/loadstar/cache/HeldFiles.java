package io.loadstar.cache;

import java.nio.file.Path;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicBoolean;

/** The files of a store that mustn't go, and how often each is held. Thread-safe. */
final class HeldFiles {

  private final ConcurrentMap<Path, Integer> holders = new ConcurrentHashMap<>();

  /** Holds {@code file} once more, there or not. */
  ContentStore.HeldFile hold(Path file) {
    holders.merge(file, 1, Integer::sum);
    AtomicBoolean closed = new AtomicBoolean();
    return new ContentStore.HeldFile() {
      @Override
      public Path path() {
        return file;
      }

      @Override
      public void close() {
        if (closed.compareAndSet(false, true)) {
          holders.computeIfPresent(file, (_, count) -> count == 1 ? null : count - 1);
        }
      }
    };
  }

  boolean has(Path file) {
    return holders.containsKey(file);
  }
}
