package io.loadstar.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A number of bytes as people write it: {@code 4194304}, {@code 512KiB}, {@code 4MiB}. */
final class ByteSize {

  private static final Pattern SYNTAX = Pattern.compile("(\\d{1,10})\\s*(B|KiB|K|MiB|M)?");

  private ByteSize() {}

  /**
   * Reads one.
   *
   * @throws IllegalArgumentException if it is none, or doesn't fit an int
   */
  static int parse(String text) {
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
              default -> 0;
            };
    if (bytes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("size " + text + " is too large");
    }
    return (int) bytes;
  }
}
