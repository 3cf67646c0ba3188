package io.loadstar.build;

import io.loadstar.blob.Digest;
import io.loadstar.format.BlobFormat;
import java.nio.file.Path;
import java.util.List;

/**
 * A layer that was built, opened again, and found to be right. Immutable.
 *
 * @param file where its bytes are
 * @param format how it is laid out
 * @param digest of its bytes
 * @param size of the file in bytes
 * @param diffId the digest of what it decompresses to
 * @param uncompressedSize how many bytes that is
 * @param payloadEnd where in the blob the content ends
 * @param toc its TOC
 * @param missed prioritized paths that the layer doesn't have
 */
public record BuiltLayer(
    Path file,
    BlobFormat format,
    Digest digest,
    long size,
    Digest diffId,
    long uncompressedSize,
    long payloadEnd,
    WrittenToc toc,
    List<String> missed) {

  public BuiltLayer {
    missed = List.copyOf(missed);
  }

  /** The digest of the TOC's JSON. */
  public Digest tocDigest() {
    return toc.digest();
  }

  /** Where in the blob the content ends, and what is no content begins: mostly the TOC. */
  public long tocOffset() {
    return payloadEnd;
  }
}
