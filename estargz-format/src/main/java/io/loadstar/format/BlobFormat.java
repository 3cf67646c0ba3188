package io.loadstar.format;

import io.loadstar.blob.MalformedBlobException;
import io.loadstar.blob.UnsupportedBlobException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * How a blob is laid out: where it keeps its TOC, and what its members are compressed with. Told by
 * its last bytes. Immutable.
 */
public sealed interface BlobFormat {

  /**
   * eStargz: gzip members, the TOC a tar in one of them, a footer.
   *
   * @param footer which of its two footers it has
   */
  record EStargz(StargzFooter footer) implements BlobFormat {}

  /** Longest footer there is: that many last bytes tell every format. */
  int MAX_FOOTER = StargzFooter.SUBFIELD.size();

  /**
   * The format that the end of a blob tells.
   *
   * @param tail its last bytes, at least {@link #MAX_FOOTER} if it has that many; the buffer's
   *     position is left where it was
   * @throws UnsupportedBlobException if it is an ordinary layer, or of a format that isn't known
   */
  static BlobFormat detect(ByteBuffer tail) throws UnsupportedBlobException {
    for (StargzFooter footer : new StargzFooter[] {StargzFooter.SUBFIELD, StargzFooter.LEGACY}) {
      if (footer.matches(tail)) {
        return new EStargz(footer);
      }
    }
    if (endsWith(tail, "SG\021\0STARGZEXTERNALTOC", 8 + 5)) {
      throw new UnsupportedBlobException(
          "eStargz with its TOC in another image: not supported by this version");
    }
    if (endsWith(tail, "GnUlInUx", 0)) {
      throw new UnsupportedBlobException("zstd:chunked: not supported by this version");
    }
    throw new UnsupportedBlobException("an ordinary layer: it ends without a footer");
  }

  /**
   * Where in the blob the TOC starts, and the payload ends.
   *
   * @param tail as in {@link #detect}
   * @param blobSize of the whole blob
   * @throws MalformedBlobException if that is outside the blob
   */
  default long tocOffset(ByteBuffer tail, long blobSize) throws MalformedBlobException {
    return switch (this) {
      case EStargz(StargzFooter footer) -> footer.tocOffset(tail, blobSize);
    };
  }

  /** How many bytes the footer has. */
  default int footerSize() {
    return switch (this) {
      case EStargz(StargzFooter footer) -> footer.size();
    };
  }

  private static boolean endsWith(ByteBuffer tail, String text, int bytesBehind) {
    byte[] expected = text.getBytes(StandardCharsets.US_ASCII);
    int start = tail.limit() - bytesBehind - expected.length;
    if (start < tail.position()) {
      return false;
    }
    return tail.slice(start, expected.length).equals(ByteBuffer.wrap(expected));
  }
}
