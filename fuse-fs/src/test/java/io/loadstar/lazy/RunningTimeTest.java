package io.loadstar.lazy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class RunningTimeTest {

  private final AtomicLong time = new AtomicLong(Long.MAX_VALUE - 5);
  private final RunningTime running = new RunningTime(time::get);

  @Test
  void timeThatIsLookedAtPasses() {
    long start = running.now();
    for (int i = 0; i < 30; i++) {
      pass(Duration.ofSeconds(1));
      running.now();
    }
    assertEquals(Duration.ofSeconds(30).toNanos(), running.now() - start);
  }

  @Test
  void timeInWhichNobodyCouldLookCountsAsOneBeat() {
    long start = running.now();
    pass(Duration.ofSeconds(1));
    running.now();
    pass(Duration.ofHours(8));
    assertEquals(Duration.ofSeconds(2).toNanos(), running.now() - start);
    pass(Duration.ofSeconds(3));
    assertEquals(Duration.ofSeconds(5).toNanos(), running.now() - start, "a busy machine's delay");
  }

  @Test
  void aLimitIsAWholeNumberOfLooks() {
    assertEquals(Duration.ofSeconds(1), RunningTime.beatFor(Duration.ofSeconds(30)));
    assertEquals(Duration.ofMillis(750), RunningTime.beatFor(Duration.ofMillis(1500)));
    assertEquals(Duration.ofMillis(20), RunningTime.beatFor(Duration.ofMillis(20)));
  }

  private void pass(Duration duration) {
    time.addAndGet(duration.toNanos());
  }
}
