package io.loadstar.registry;

import io.loadstar.blob.ByteRange;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The header of a 206 that says which bytes it holds. Immutable. Source: RFC 9110, 14.4.
 *
 * @param range the bytes in the body
 * @param total the size of the whole, or -1 where the server writes {@code *}
 */
record ContentRange(ByteRange range, long total) {

  /** Up to 18 digits, so that no number overflows a long. */
  private static final Pattern SYNTAX =
      Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18}|\\*)");

  static Optional<ContentRange> parse(@Nullable String header) {
    if (header == null) {
      return Optional.empty();
    }
    Matcher matcher = SYNTAX.matcher(header.strip());
    if (!matcher.matches()) {
      return Optional.empty();
    }
    long first = Long.parseLong(matcher.group(1));
    long last = Long.parseLong(matcher.group(2));
    long total = matcher.group(3).equals("*") ? -1 : Long.parseLong(matcher.group(3));
    if (last < first || (total >= 0 && last >= total)) {
      return Optional.empty();
    }
    return Optional.of(new ContentRange(ByteRange.between(first, last + 1), total));
  }
}
