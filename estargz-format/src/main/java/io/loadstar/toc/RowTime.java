package io.loadstar.toc;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;

/**
 * A row's time, as RFC 3339 has it. Stateless.
 *
 * <p>Nearly all rows have whole seconds of UTC, which are read here: the library's parser, which
 * knows all the rest, was the larger part of what reading a first table took.
 */
final class RowTime {

  private static final int LENGTH = "2026-11-22T08:02:27Z".length();
  private static final int SECONDS_PER_DAY = 86_400;

  private RowTime() {}

  /**
   * @throws DateTimeException if it isn't one
   */
  static Instant parse(String text) {
    boolean plain =
        text.length() == LENGTH
            && text.charAt(4) == '-'
            && text.charAt(7) == '-'
            && text.charAt(10) == 'T'
            && text.charAt(13) == ':'
            && text.charAt(16) == ':'
            && text.charAt(19) == 'Z';
    int hour = plain ? number(text, 11, 13) : -1;
    int minute = plain ? number(text, 14, 16) : -1;
    int second = plain ? number(text, 17, 19) : -1;
    int day = plain ? number(text, 8, 10) : -1;
    int month = plain ? number(text, 5, 7) : -1;
    int year = plain ? number(text, 0, 4) : -1;
    if (isWithin(hour, 24) && isWithin(minute, 60) && isWithin(second, 60) && day > 0 && year > 0) {
      long date = LocalDate.of(year, month, day).toEpochDay();
      return Instant.ofEpochSecond(date * SECONDS_PER_DAY + (hour * 60L + minute) * 60 + second);
    }
    return OffsetDateTime.parse(text).toInstant();
  }

  private static boolean isWithin(int number, int limit) {
    return number >= 0 && number < limit;
  }

  /** The digits from {@code start} to {@code end}; -1 if they aren't. */
  private static int number(String text, int start, int end) {
    int number = 0;
    for (int i = start; i < end; i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      number = number * 10 + (c - '0');
    }
    return number;
  }
}
