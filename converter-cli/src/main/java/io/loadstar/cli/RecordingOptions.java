package io.loadstar.cli;

import io.loadstar.optimize.RecordingLimits;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How long a workload is watched. */
public final class RecordingOptions {

  private static final Duration USUAL = Duration.ofSeconds(10);

  /** For a line that may never appear. */
  private static final Duration UNTIL_LINE = Duration.ofMinutes(5);

  private static final long MAX_SECONDS = Duration.ofDays(1).toSeconds();

  @Option(
      names = "--period",
      paramLabel = "SECONDS",
      description =
          "Watch for so long at most; 0 for as long as it runs (10; with --until-line 300).")
  private @Nullable Long period;

  @Option(
      names = "--until-line",
      paramLabel = "TEXT",
      description = "Watch until a line of its output has this in it.")
  private @Nullable String line;

  @Option(
      names = "--any-status",
      description = "Go on if it fails or the line doesn't appear; what it read until then counts.")
  private boolean anyStatus;

  /**
   * What was chosen.
   *
   * @param stop ends it when it is counted down
   * @throws IllegalArgumentException if any of it makes no sense
   */
  RecordingLimits limits(CountDownLatch stop) {
    if (period != null && (period < 0 || period > MAX_SECONDS)) {
      throw new IllegalArgumentException("--period is from 0 to " + MAX_SECONDS + ": " + period);
    }
    if (line != null && line.isEmpty()) {
      throw new IllegalArgumentException("--until-line is empty");
    }
    Duration usual = line == null ? USUAL : UNTIL_LINE;
    return new RecordingLimits(
        period == null ? usual : Duration.ofSeconds(period), Optional.ofNullable(line), stop);
  }

  /** Whether a workload that failed is as good as one that didn't. */
  boolean anyStatus() {
    return anyStatus;
  }
}
