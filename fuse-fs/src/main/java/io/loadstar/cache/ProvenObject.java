package io.loadstar.cache;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;

/**
 * An object that this process has written or hashed, and when its use is to be noted again.
 * Thread-safe. There are as many as the store has objects, so it is kept small.
 */
final class ProvenObject {

  /** How exactly the last use is known: eviction thinks in hours and days. */
  private static final long TOUCH_INTERVAL = Duration.ofMinutes(5).toNanos();

  private static final AtomicLongFieldUpdater<ProvenObject> TOUCH_AT =
      AtomicLongFieldUpdater.newUpdater(ProvenObject.class, "touchAt");

  private final ObjectKey key;
  private volatile long touchAt = System.nanoTime();

  ProvenObject(ObjectKey key) {
    this.key = key;
  }

  ObjectKey key() {
    return key;
  }

  /**
   * Whether the caller is to note on the disk that the object is in use: true at the first use, and
   * once in each {@link #TOUCH_INTERVAL}.
   */
  boolean isToBeTouched() {
    long now = System.nanoTime();
    long due = touchAt;
    return now - due >= 0 && TOUCH_AT.compareAndSet(this, due, now + TOUCH_INTERVAL);
  }
}
