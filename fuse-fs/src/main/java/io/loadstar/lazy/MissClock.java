package io.loadstar.lazy;

import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** Knows how long ago a reader of this node last had to wait for the network. Thread-safe. */
final class MissClock {

  private final Ticker ticker;
  private final AtomicLong last;

  /** As if there had been a miss just now. */
  MissClock(Ticker ticker) {
    this.ticker = ticker;
    this.last = new AtomicLong(ticker.read());
  }

  /** Notes that a reader has to wait. */
  void miss() {
    last.set(ticker.read());
  }

  /** How long it is since the last miss. */
  Duration quiet() {
    return Duration.ofNanos(ticker.read() - last.get());
  }
}
