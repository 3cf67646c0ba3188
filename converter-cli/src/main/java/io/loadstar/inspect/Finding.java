package io.loadstar.inspect;

import io.loadstar.blob.Digest;

/**
 * A claim that isn't true. Immutable.
 *
 * @param layer whose claim it is
 * @param claim what is claimed
 * @param offset the first byte of the blob at which it is known to be wrong, or -1 if no byte of
 *     the blob is
 * @param message what was expected and what was found
 */
public record Finding(Digest layer, Claim claim, long offset, String message) {

  /** What an image says of a layer. */
  public enum Claim {
    /** The manifest: these bytes. */
    BLOB_DIGEST("digest"),
    /** The stream: that it decompresses, with its checksums, to a tar. */
    STREAM("stream"),
    /** The config: this uncompressed. */
    DIFF_ID("DiffID"),
    /** The footer and the TOC behind it: that they can be read. */
    FOOTER("footer"),
    /** The manifest's annotation: this TOC. */
    TOC_DIGEST("TOC digest"),
    /** The manifest's annotation: this size. */
    UNCOMPRESSED_SIZE("uncompressed size"),
    /** The TOC: a tree of files that lie in the blob one behind the other. */
    TREE("TOC"),
    /** The TOC: the same entries that the tar has. */
    ENTRIES("entries"),
    /** The TOC: this chunk at this place. */
    CHUNKS("chunks");

    private final String words;

    Claim(String words) {
      this.words = words;
    }

    /** In words, for a person. */
    public String words() {
      return words;
    }
  }
}
