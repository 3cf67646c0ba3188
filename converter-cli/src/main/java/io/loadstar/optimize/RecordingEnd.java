package io.loadstar.optimize;

import java.time.Duration;

/**
 * How a recording ended. Immutable.
 *
 * @param reason why
 * @param exitStatus the workload's, if it had ended by itself; else 0
 * @param after how long it took
 */
public record RecordingEnd(Reason reason, int exitStatus, Duration after) {

  /** Why a recording ended. */
  public enum Reason {
    /** The line that was waited for appeared. */
    LINE,
    /** The workload ended. */
    ENDED,
    /** The time was over. */
    PERIOD,
    /** Somebody asked for it. */
    STOPPED,
    /** The workload wrote more than is kept. */
    OUTPUT
  }
}
