package io.loadstar.snapshot;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/** A lock for each key that somebody works on. Thread-safe. */
final class KeyedLocks<K> {

  private final Map<K, Shared> locks = new HashMap<>();

  private static final class Shared extends ReentrantLock {
    private static final long serialVersionUID = 1;
    private int users;
  }

  /** Held until it is closed. */
  interface Held extends AutoCloseable {
    @Override
    void close();
  }

  /** Waits until nobody else holds {@code key}. */
  Held hold(K key) {
    Shared lock;
    synchronized (locks) {
      lock = locks.computeIfAbsent(key, absent -> new Shared());
      lock.users++;
    }
    lock.lock();
    return () -> {
      lock.unlock();
      synchronized (locks) {
        lock.users--;
        if (lock.users == 0) {
          locks.remove(key);
        }
      }
    };
  }
}
