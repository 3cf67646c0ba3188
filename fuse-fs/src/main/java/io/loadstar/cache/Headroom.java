package io.loadstar.cache;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How much room a store has left within its {@link Quota}, and the bytes that are taken.
 * Thread-safe. Bytes are taken before they are written, so that many writers at once don't pass the
 * bound.
 */
final class Headroom {

  private static final Logger LOG = LoggerFactory.getLogger(Headroom.class);

  /** How long what was last heard of the file system's free space is believed. */
  private static final long BELIEVED = Duration.ofMillis(200).toNanos();

  private final Quota quota;
  private final StoreLayout layout;
  private final AtomicLong used = new AtomicLong();
  private final AtomicLong askAt = new AtomicLong(System.nanoTime());
  private volatile long free = Long.MAX_VALUE;

  Headroom(Quota quota, StoreLayout layout) {
    this.quota = quota;
    this.layout = layout;
  }

  /** Takes room for an object of {@code size} bytes; false if it may not be added. */
  boolean take(long size) {
    while (true) {
      Quota.State state = state();
      if (!quota.admits(state, size)) {
        return false;
      }
      if (used.compareAndSet(state.used(), state.used() + size)) {
        return true;
      }
    }
  }

  /** Counts what is there already, whether it may be or not. */
  void count(long size) {
    used.addAndGet(size);
  }

  /** Gives back what was taken or counted. */
  void giveBack(long size) {
    used.addAndGet(-size);
  }

  /** Bytes that are taken. */
  long used() {
    return used.get();
  }

  /** Whether it is time to make room. */
  boolean isTight() {
    return quota.isTight(state());
  }

  /** Whether there is room for so many bytes and more that nobody waits for. */
  boolean isSpacious(long bytes) {
    return quota.isSpacious(state(), bytes);
  }

  /** How many bytes must go, by what is free at this moment, also for {@code wanted} to fit. */
  long excess(long wanted) {
    if (quota.minFreeBytes() > 0) {
      ask();
    }
    return quota.excess(new Quota.State(used.get(), free), wanted);
  }

  private Quota.State state() {
    if (quota.minFreeBytes() > 0) {
      long now = System.nanoTime();
      long due = askAt.get();
      if (now - due >= 0 && askAt.compareAndSet(due, now + BELIEVED)) {
        ask();
      }
    }
    return new Quota.State(used.get(), free);
  }

  private void ask() {
    try {
      free = layout.free();
    } catch (IOException e) {
      LOG.warn("the content store's file system doesn't say what is free: {}", e.toString());
    }
  }
}
