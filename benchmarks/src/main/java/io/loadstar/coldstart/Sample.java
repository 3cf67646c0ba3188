package io.loadstar.coldstart;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;

/**
 * What one cold start took. Immutable; a line of the raw results.
 *
 * @param workload what was done
 * @param image its name; several are joined by +
 * @param contender who did it
 * @param line how far the registry was
 * @param round from 1
 * @param pullMillis until the pull had ended; for work that pulls several images at once, 0
 * @param runMillis from there until what people wait for had happened
 * @param bytes that came through the line, heads of answers included
 * @param requests that went through it
 */
@JsonPropertyOrder({
  "workload",
  "image",
  "contender",
  "line",
  "round",
  "pullMillis",
  "runMillis",
  "bytes",
  "requests"
})
record Sample(
    String workload,
    String image,
    String contender,
    String line,
    int round,
    double pullMillis,
    double runMillis,
    long bytes,
    int requests) {

  /** Pull and run, in milliseconds. */
  double totalMillis() {
    return pullMillis + runMillis;
  }
}
