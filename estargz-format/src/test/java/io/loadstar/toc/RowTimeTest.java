package io.loadstar.toc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RowTimeTest {

  private static final long YEAR_0 = Instant.parse("0000-01-01T00:00:00Z").getEpochSecond();
  private static final long YEAR_10000 = Instant.parse("+10000-01-01T00:00:00Z").getEpochSecond();

  @Test
  void whateverSecondItIsItIsTheLibrarys() {
    Random random = new Random(7);
    for (int i = 0; i < 20_000; i++) {
      Instant time = Instant.ofEpochSecond(random.nextLong(YEAR_0, YEAR_10000));
      assertEquals(time, RowTime.parse(time.toString()));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2026-11-22T08:02:27.123456789Z",
        "2026-11-22T08:02:27+01:00",
        "2026-11-22T08:02:27-00:30",
        "2026-11-22T08:02Z",
        "2024-02-29T23:59:59Z",
        "0000-02-29T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
      })
  void whatElseIsATimeIsOneHere(String text) {
    assertEquals(OffsetDateTime.parse(text).toInstant(), RowTime.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "2026-11-22",
        "2026-11-22T24:00:00Z",
        "2026-11-22T08:60:27Z",
        "2026-11-22T08:02:60Z",
        "2026-02-29T08:02:27Z",
        "2026-13-01T08:02:27Z",
        "2026-00-01T08:02:27Z",
        "2026-01-00T08:02:27Z",
        "2O26-11-22T08:02:27Z",
        "2026-11-22 08:02:27Z",
        "2026-11-22T08:02:27z ",
        "-026-11-22T08:02:27Z",
        "2026-11-22T08:02:2\u0667Z",
      })
  void whatIsNoTimeIsNone(String text) {
    assertThrows(DateTimeException.class, () -> RowTime.parse(text));
  }
}
