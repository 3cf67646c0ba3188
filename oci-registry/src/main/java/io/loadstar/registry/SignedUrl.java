package io.loadstar.registry;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;

/**
 * Until when a signed URL is good, where it says so itself: S3 and what speaks its protocol ({@code
 * X-Amz-Date} with {@code X-Amz-Expires}), Google ({@code X-Goog-…}, the same), Azure ({@code se}),
 * CloudFront and S3's old form ({@code Expires}, seconds since 1970), Akamai-like ({@code exp}).
 */
final class SignedUrl {

  private static final DateTimeFormatter BASIC =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'");

  /** A URL that is nearly over isn't used: the clocks here and there differ. */
  private static final Duration MARGIN = Duration.ofSeconds(10);

  private SignedUrl() {}

  /**
   * When a URL that was good at {@code now} is to be used no longer; {@link Instant#MAX} if it
   * doesn't say. One that says it was over already shows that the clocks don't agree.
   */
  static Instant leaveAt(HttpUrl url, Instant now) {
    return end(url)
        .map(end -> end.minus(MARGIN))
        .filter(end -> end.isAfter(now))
        .orElse(Instant.MAX);
  }

  private static Optional<Instant> end(HttpUrl url) {
    for (String vendor : new String[] {"X-Amz-", "X-Goog-"}) {
      String date = parameter(url, vendor + "Date");
      Optional<Long> seconds = number(parameter(url, vendor + "Expires"));
      if (date != null && seconds.isPresent()) {
        return date(date).map(start -> start.plusSeconds(seconds.get()));
      }
    }
    String azure = parameter(url, "se");
    if (azure != null) {
      return instant(azure);
    }
    Optional<Long> epoch = number(parameter(url, "Expires"));
    return (epoch.isPresent() ? epoch : number(parameter(url, "exp"))).map(Instant::ofEpochSecond);
  }

  private static @Nullable String parameter(HttpUrl url, String name) {
    for (int i = 0; i < url.querySize(); i++) {
      if (url.queryParameterName(i).equalsIgnoreCase(name)) {
        return url.queryParameterValue(i);
      }
    }
    return null;
  }

  private static Optional<Long> number(@Nullable String text) {
    return text != null && text.matches("\\d{1,12}")
        ? Optional.of(Long.parseLong(text))
        : Optional.empty();
  }

  private static Optional<Instant> date(String text) {
    try {
      return Optional.of(LocalDateTime.parse(text, BASIC).toInstant(ZoneOffset.UTC));
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }

  private static Optional<Instant> instant(String text) {
    try {
      return Optional.of(Instant.parse(text));
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }
}
