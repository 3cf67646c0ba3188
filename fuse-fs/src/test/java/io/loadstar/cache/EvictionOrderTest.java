package io.loadstar.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class EvictionOrderTest {

  private static final long MB = 1 << 20;
  private static final long DAY = Duration.ofDays(1).toMillis();

  @Test
  void whatWasNotUsedForLongestGoesFirst() {
    EvictionOrder order = new EvictionOrder(2 * MB);
    for (int day = 0; day < 10; day++) {
      order.add(MB, day * DAY);
    }
    for (int day = 0; day < 10; day++) {
      assertEquals(day >= 8, order.goes(MB, day * DAY), "unused for " + day + " days");
    }
  }

  @Test
  void aSmallObjectOutlivesALargeOneOfItsAge() {
    EvictionOrder order = new EvictionOrder(MB);
    order.add(1000, 2 * DAY);
    order.add(MB, DAY);
    assertFalse(order.goes(1000, 2 * DAY));
    assertTrue(order.goes(MB, DAY));
  }

  @Test
  void aSmallObjectThatIsOldEnoughGoes() {
    EvictionOrder order = new EvictionOrder(1000);
    order.add(1000, 5 * DAY);
    order.add(MB, DAY);
    assertTrue(order.goes(1000, 5 * DAY));
    assertFalse(order.goes(MB, DAY));
  }

  @Test
  void noMoreGoesThanMust() {
    EvictionOrder order = new EvictionOrder(3 * MB);
    for (int i = 0; i < 10; i++) {
      order.add(MB, DAY);
    }
    int gone = 0;
    for (int i = 0; i < 10; i++) {
      gone += order.goes(MB, DAY) ? 1 : 0;
    }
    assertEquals(3, gone);
  }

  @Test
  void theFutureIsYoung() {
    EvictionOrder order = new EvictionOrder(MB);
    order.add(MB, -DAY);
    order.add(MB, 1000);
    assertFalse(order.goes(MB, -DAY));
    assertTrue(order.goes(MB, 1000));
  }

  @Test
  void whatGoesIsAsOldAsWhatStaysToWithinASixteenth() {
    long seed = new Random().nextLong();
    System.out.println("EvictionOrderTest seed " + seed);
    Random random = new Random(seed);
    long[] ages = random.longs(10_000, 0, 400 * DAY).toArray();
    EvictionOrder order = new EvictionOrder(5_000 * MB);
    for (long age : ages) {
      order.add(MB, age);
    }
    long youngestGone = Long.MAX_VALUE;
    long oldestLeft = 0;
    int gone = 0;
    for (long age : ages) {
      if (order.goes(MB, age)) {
        gone++;
        youngestGone = Math.min(youngestGone, age);
      } else {
        oldestLeft = Math.max(oldestLeft, age);
      }
    }
    assertEquals(5_000, gone);
    assertTrue(oldestLeft <= youngestGone * 17 / 16 + 1, oldestLeft + " and " + youngestGone);
  }
}
