package io.loadstar.cli;

import java.util.Locale;

/** A number of bytes in words: {@code 812 B}, {@code 3.4 KiB}, {@code 120.0 MiB}. */
public final class ByteCount {

  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

  private ByteCount() {}

  /** {@code bytes}, with one decimal from a KiB on. */
  public static String text(long bytes) {
    double value = bytes;
    int unit = 0;
    while (value >= 1024 && unit < UNITS.length - 1) {
      value /= 1024;
      unit++;
    }
    return unit == 0 ? bytes + " B" : String.format(Locale.ROOT, "%.1f %s", value, UNITS[unit]);
  }
}
