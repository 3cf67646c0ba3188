package io.loadstar.inspect;

import java.util.Locale;

/**
 * So many things, as people say it: "1 layer", "2 layers". Immutable.
 *
 * @param noun in the singular, with a plural in s
 */
public record Count(long number, String noun) {

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%d %s%s", number, noun, number == 1 ? "" : "s");
  }
}
