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
 * @param tocOffset where the payload ends, and what is no content begins: mostly the TOC
 * @param toc not verified yet
 * @param compressedToc the TOC as it was compressed: what zstd:chunked's own annotations name
 */
public record LayerBlob(
    BlobFormat format, long tocOffset, UnverifiedToc toc, CompressedToc compressedToc) {

  /** How much of the end is read at once: footer and, of most layers, the whole TOC. */
  public static final int TAIL_BYTES = 512 << 10;

  /** As little as that isn't worth a second request. */
  private static final int LEAST_TAIL_BYTES = 64 << 10;

  /**
   * TOCs of images of Debian's packages were found to be a 140th (python's modules) to a 2,000th (a
   * compiler) of their layers.
   */
  private static final int USUAL_TOCS = 128;

  /** Most compressed bytes of a TOC that are read. */
  public static final int MAX_TOC_BYTES = 128 << 20;

  /**
   * How much of the end it is good to have when a blob of this size is opened: a TOC that is longer
   * costs another request, and one that is shorter time on the line.
   */
  public static int tailBytes(long blobSize) {
    return Math.clamp(blobSize / USUAL_TOCS, LEAST_TAIL_BYTES, TAIL_BYTES);
  }

  /** As {@link #open(BlobSource, ExternalTocs)}, of a blob that has its TOC in itself. */
  public static LayerBlob open(BlobSource source) throws IOException {
    return open(source, ExternalTocs.NONE);
  }

  /**
   * Opens the blob that {@code source} has: one read of its last {@link #TAIL_BYTES}, and a second
   * only if the TOC is longer than that, or in another image.
   *
   * @throws UnsupportedBlobException if it is an ordinary layer, or of an unknown format
   * @throws MalformedBlobException if it has a footer, but not what that promises
   * @throws IOException if it can't be read
   */
  public static LayerBlob open(BlobSource source, ExternalTocs external) throws IOException {
    return open(source, TAIL_BYTES, external);
  }

  /**
   * As {@link #open(BlobSource, ExternalTocs)}, with another first read.
   *
   * @param tailBytes of how many last bytes, at least {@link BlobFormat#MAX_FOOTER}
   */
  public static LayerBlob open(BlobSource source, int tailBytes, ExternalTocs external)
      throws IOException {
    long size = source.size();
    int tailSize = (int) Math.min(size, tailBytes);
    ByteBuffer tail = ByteBuffer.allocate(tailSize);
    if (tailSize > 0) {
      source.readFully(size - tailSize, tail);
    }
    tail.flip();
    BlobFormat format = BlobFormat.detect(tail);
    TocPlace place = format.place(tail, size);
    ByteBuffer toc =
        format instanceof BlobFormat.ExternalToc
            ? ByteBuffer.wrap(external.find(source.digest()))
            : inside(source, place, tail);
    CompressedToc compressed = new CompressedToc(place.compressed(), toc.asReadOnlyBuffer());
    long offset = place.compressed().offset();
    byte[] json = format.isZstd() ? TocFrame.read(toc, offset) : TocMember.read(toc, offset);
    return new LayerBlob(
        format, place.payloadEnd(), UnverifiedToc.of(json, place.payloadEnd()), compressed);
  }

  /** The TOC's compressed bytes: what of them isn't in {@code tail} is read. */
  private static ByteBuffer inside(BlobSource source, TocPlace place, ByteBuffer tail)
      throws IOException {
    long start = place.compressed().offset();
    long length = place.compressed().length();
    if (length > MAX_TOC_BYTES) {
      throw new MalformedBlobException(
          "TOC: " + length + " compressed bytes, more than " + MAX_TOC_BYTES, start);
    }
    ByteBuffer toc = ByteBuffer.allocate((int) length);
    long tailOffset = source.size() - tail.remaining();
    if (start < tailOffset) {
      toc.limit((int) Math.min(length, tailOffset - start));
      source.readFully(start, toc);
      toc.limit(toc.capacity());
    }
    if (toc.hasRemaining()) {
      toc.put(tail.slice((int) (start + toc.position() - tailOffset), toc.remaining()));
    }
    return toc.flip();
  }
}
