package io.loadstar.optimize;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/**
 * How long is recorded. It ends with the workload in any case.
 *
 * @param period at most; zero for no such limit
 * @param line until a line of the workload's output has this in it
 * @param stop until this has been counted down, by a signal say
 */
public record RecordingLimits(Duration period, Optional<String> line, CountDownLatch stop) {}
