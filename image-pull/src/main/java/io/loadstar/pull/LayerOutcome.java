package io.loadstar.pull;

import io.loadstar.blob.Digest;

/**
 * What became of one layer. Immutable.
 *
 * @param digest the layer's blob
 * @param size of the blob in bytes
 * @param state what became of it
 * @param downloaded how many bytes of the blob had to be downloaded for it
 */
public record LayerOutcome(Digest digest, long size, State state, long downloaded) {

  /** What became of a layer. */
  public enum State {
    /** Mounted by the snapshotter, its content to come as it is read. */
    LAZY,
    /** Downloaded and unpacked. */
    UNPACKED,
    /** A snapshot of it was there, unpacked. */
    PRESENT,
    /** Fetched whole and unpacked by the snapshotter, in this pull or in an earlier one. */
    FETCHED
  }
}
