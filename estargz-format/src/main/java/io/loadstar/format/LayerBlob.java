package io.loadstar.format;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.MalformedBlobException;
import io.loadstar.blob.UnsupportedBlobException;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A blob that can be read lazily: its format, and its TOC as it came. Immutable; doesn't keep the
 * source it was read from.
 *
 * @param format how it is laid out
 * @param tocOffset where the payload ends and the TOC starts
 * @param toc not verified yet
 */
public record LayerBlob(BlobFormat format, long tocOffset, UnverifiedToc toc) {

  /** How much of the end is read at once: footer and, of most layers, the whole TOC. */
  public static final int TAIL_BYTES = 512 << 10;

  /** Most compressed bytes of a TOC that are read. */
  public static final int MAX_TOC_BYTES = 128 << 20;

  /**
   * Opens the blob that {@code source} has: one read of its end, and a second only if the TOC is
   * longer than that.
   *
   * @throws UnsupportedBlobException if it is an ordinary layer, or of an unknown format
   * @throws MalformedBlobException if it has a footer, but not what that promises
   * @throws IOException if it can't be read
   */
  public static LayerBlob open(BlobSource source) throws IOException {
    long size = source.size();
    int tailSize = (int) Math.min(size, TAIL_BYTES);
    ByteBuffer tail = ByteBuffer.allocate(tailSize);
    if (tailSize > 0) {
      source.readFully(size - tailSize, tail);
    }
    tail.flip();
    BlobFormat format = BlobFormat.detect(tail);
    long tocOffset = format.tocOffset(tail, size);
    long tocSize = size - format.footerSize() - tocOffset;
    if (tocSize > MAX_TOC_BYTES) {
      throw new MalformedBlobException(
          "TOC: " + tocSize + " compressed bytes, more than " + MAX_TOC_BYTES, tocOffset);
    }
    ByteBuffer toc = ByteBuffer.allocate((int) tocSize);
    long tailOffset = size - tailSize;
    if (tocOffset < tailOffset) {
      toc.limit((int) (tailOffset - tocOffset));
      source.readFully(tocOffset, toc);
      toc.limit(toc.capacity());
    }
    int tailStart = (int) (tocOffset + toc.position() - tailOffset);
    toc.put(tail.slice(tailStart, toc.remaining()));
    byte[] json =
        switch (format) {
          case BlobFormat.EStargz(StargzFooter _) -> TocMember.read(toc.flip(), tocOffset);
        };
    return new LayerBlob(format, tocOffset, UnverifiedToc.of(json, tocOffset));
  }
}
