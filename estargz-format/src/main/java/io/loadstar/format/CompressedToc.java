package io.loadstar.format;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import java.nio.ByteBuffer;

/**
 * A TOC as it is in its blob. Immutable.
 *
 * @param range where in the blob; empty if it came from another image
 * @param bytes read-only
 */
public record CompressedToc(ByteRange range, ByteBuffer bytes) {

  /** The digest of its bytes. */
  public Digest digest() {
    return Digest.of(bytes);
  }
}
