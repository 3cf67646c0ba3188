package io.loadstar.lazy;

import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** Time that passes when the test says so. Thread-safe. */
final class TestClock implements Ticker {

  private final AtomicLong nanos = new AtomicLong(123_456_789);

  @Override
  public long read() {
    return nanos.get();
  }

  void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }
}
