package io.loadstar.lazy;

import io.loadstar.blob.Digest;
import java.util.Optional;

/**
 * How far a lazy layer has come, and what it has cost. Immutable; a moment's numbers.
 *
 * @param layer the blob's digest
 * @param size of the blob in bytes
 * @param held how many bytes of the blob needn't be fetched any more: of members whose chunks are
 *     all in the store, by whomever they were fetched, and of what is no content (TOC, footer)
 * @param complete whether nothing needs to be fetched any more
 * @param traffic what the layer fetched itself since it was opened
 * @param served what it gave to readers since it was opened
 * @param lastError the last failure that a reader saw or that shows a wrong blob; empty if there
 *     was none
 */
public record LayerReport(
    Digest layer,
    long size,
    long held,
    boolean complete,
    Traffic traffic,
    Served served,
    Optional<String> lastError) {

  /**
   * @param requests how many ranges were asked for
   * @param bytes how many compressed bytes came, what wasn't needed of them among these
   * @param failures how many fetches of a member failed
   * @param mismatches how many chunks came with a wrong digest
   */
  public record Traffic(long requests, long bytes, long failures, long mismatches) {}

  /**
   * @param reads how many reads were answered with bytes
   * @param bytes how many bytes they got
   * @param waits how many reads had to wait for a fetch
   */
  public record Served(long reads, long bytes, long waits) {}
}
