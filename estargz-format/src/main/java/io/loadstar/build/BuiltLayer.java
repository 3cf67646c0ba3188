package io.loadstar.build;

import io.loadstar.blob.Digest;
import java.nio.file.Path;
import java.util.List;

/**
 * An eStargz layer that was built, opened again, and found to be right. Immutable.
 *
 * @param file where its bytes are
 * @param digest of its bytes
 * @param size of the file in bytes
 * @param diffId the digest of what it decompresses to
 * @param uncompressedSize how many bytes that is
 * @param tocDigest of the TOC's JSON
 * @param tocOffset where in the blob the TOC's member starts
 * @param missed prioritized paths that the layer doesn't have
 */
public record BuiltLayer(
    Path file,
    Digest digest,
    long size,
    Digest diffId,
    long uncompressedSize,
    Digest tocDigest,
    long tocOffset,
    List<String> missed) {

  public BuiltLayer {
    missed = List.copyOf(missed);
  }
}
