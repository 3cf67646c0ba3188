package io.loadstar.optimize;

/**
 * What a workload was seen to read. Immutable.
 *
 * @param order its files
 * @param bytes how much of them was read, by chunks
 * @param dropped how many files more it read than are kept in mind
 * @param end how the recording ended
 */
public record Recording(ReadOrder order, long bytes, long dropped, RecordingEnd end) {}
