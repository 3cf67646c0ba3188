package io.loadstar.coldstart;

import io.loadstar.rig.ShapedRelay;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * What went through the line during one start, and when: to see what it waited for. Immutable.
 *
 * @param pulledMillis when the pull had ended, from the beginning
 * @param readyMillis when what people wait for had happened
 * @param steps requests, in the order in which they came
 */
record Timeline(double pulledMillis, double readyMillis, List<Step> steps) {

  private static final double NANOS_PER_MILLI = 1e6;

  /**
   * One request.
   *
   * @param begunMillis when it came to the line
   * @param endedMillis when the last byte of its answer so far was handed over
   * @param bytes of that answer
   * @param what method, path, and the range asked for
   */
  record Step(double begunMillis, double endedMillis, long bytes, String what) {

    static Step of(ShapedRelay.Exchange exchange, long begin) {
      return new Step(
          (exchange.begun() - begin) / NANOS_PER_MILLI,
          (exchange.ended() - begin) / NANOS_PER_MILLI,
          exchange.bytes(),
          (exchange.request() + " " + exchange.range()).strip());
    }
  }

  /**
   * @param begin when it all began, in {@link System#nanoTime}, as the others
   */
  static Timeline of(long begin, long pulled, long end, List<ShapedRelay.Exchange> some) {
    return new Timeline(
        (pulled - begin) / NANOS_PER_MILLI,
        (end - begin) / NANOS_PER_MILLI,
        some.stream().map(exchange -> Step.of(exchange, begin)).toList());
  }

  /** Writes it as text, a line each. */
  void write(Path file) throws IOException {
    StringBuilder text = new StringBuilder();
    for (Step step : steps) {
      text.append(
          String.format(
              Locale.ROOT,
              "%8.0f to %6.0f ms %11d bytes  %s%n",
              step.begunMillis,
              step.endedMillis,
              step.bytes,
              step.what));
    }
    text.append(
        String.format(Locale.ROOT, "pulled %.0f ms, ready %.0f ms%n", pulledMillis, readyMillis));
    Files.writeString(file, text);
  }
}
