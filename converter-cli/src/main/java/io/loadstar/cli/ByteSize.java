package io.loadstar.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A number of bytes as people write it: {@code 4194304}, {@code 512KiB}, {@code 4MiB}, {@code
 * 128GiB}.
 */
final class ByteSize {

  private static final Pattern SYNTAX = Pattern.compile("(\\d{1,12})\\s*(B|KiB|K|MiB|M|GiB|G)?");

  private static final long MOST = 1L << 50;

  private ByteSize() {}

  /**
   * Reads one.
   *
   * @throws IllegalArgumentException if it is none, or doesn't fit an int
   */
  static int parse(String text) {
    long bytes = parseLong(text);
    if (bytes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("size " + text + " is too large");
    }
    return (int) bytes;
  }

  /**
   * Reads one that may be larger than 2 GiB.
   *
   * @throws IllegalArgumentException if it is none, or has more than 2^50 bytes
   */
  static long parseLong(String text) {
    Matcher matcher = SYNTAX.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(text + " is no size; 4194304, 512KiB or 4MiB would be");
    }
    String unit = matcher.group(2) == null ? "B" : matcher.group(2);
    long bytes =
        Long.parseLong(matcher.group(1))
            << switch (unit.charAt(0)) {
              case 'K' -> 10;
              case 'M' -> 20;
              case 'G' -> 30;
              default -> 0;
            };
    if (bytes > MOST) {
      throw new IllegalArgumentException("size " + text + " is too large");
    }
    return bytes;
  }
}
