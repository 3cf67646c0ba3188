package io.loadstar.remote;

import io.loadstar.lazy.LayerReport;

/**
 * What all layers together have cost since the daemon started. Immutable.
 *
 * @param requests ranges that were asked for
 * @param bytesFetched compressed bytes that came
 * @param failures fetches that failed
 * @param mismatches chunks that came with a wrong digest
 * @param reads reads that were answered
 * @param bytesServed what readers got
 * @param waits reads that had to wait for a fetch
 */
public record LayerTotals(
    long requests,
    long bytesFetched,
    long failures,
    long mismatches,
    long reads,
    long bytesServed,
    long waits) {

  static final LayerTotals NONE = new LayerTotals(0, 0, 0, 0, 0, 0, 0);

  LayerTotals plus(LayerReport report) {
    LayerReport.Traffic traffic = report.traffic();
    LayerReport.Served served = report.served();
    return new LayerTotals(
        requests + traffic.requests(),
        bytesFetched + traffic.bytes(),
        failures + traffic.failures(),
        mismatches + traffic.mismatches(),
        reads + served.reads(),
        bytesServed + served.bytes(),
        waits + served.waits());
  }
}
