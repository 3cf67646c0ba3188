package io.loadstar.convert;

import io.loadstar.blob.Digest;
import java.util.Optional;

/**
 * What became of a layer. Immutable.
 *
 * @param state what was done with it
 * @param before the layer in the source
 * @param after the layer in the destination
 * @param tocDigest the digest of its TOC, for all but untouched layers
 */
public record LayerReport(State state, Blob before, Blob after, Optional<Digest> tocDigest) {

  /** What was done with a layer. */
  public enum State {
    /** It was rewritten as eStargz. */
    CONVERTED,
    /** It was converted before, is at the destination, and was verified there. */
    REUSED,
    /** It was in the wanted format already, and verified against its TOC digest. */
    KEPT,
    /** It isn't a layer that could be converted: of a foreign kind, or no layer of files at all. */
    UNTOUCHED
  }

  /**
   * A blob.
   *
   * @param size in bytes
   */
  public record Blob(Digest digest, long size) {}
}
