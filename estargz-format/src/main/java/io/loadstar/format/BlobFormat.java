package io.loadstar.format;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.MalformedBlobException;
import io.loadstar.blob.UnsupportedBlobException;
import io.loadstar.codec.MemberDecoder;
import io.loadstar.gzip.GzipDecoder;
import io.loadstar.zstd.ZstdDecoder;
import java.nio.ByteBuffer;
import java.util.List;

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

  /** eStargz whose TOC is in another image, so that the uncompressed layer can stay as it was. */
  record ExternalToc() implements BlobFormat {

    /** How such a blob ends. */
    public static byte[] footer() {
      return ExternalTocFooter.encode();
    }
  }

  /**
   * zstd:chunked: zstd frames, the TOC and a footer in skippable ones.
   *
   * @param footer which of its two footers it has
   */
  record ZstdChunked(ZstdFooter footer) implements BlobFormat {}

  /** All there are. */
  static List<BlobFormat> all() {
    return List.of(
        new EStargz(StargzFooter.SUBFIELD),
        new EStargz(StargzFooter.LEGACY),
        new ZstdChunked(ZstdFooter.LONG),
        new ZstdChunked(ZstdFooter.SHORT),
        new ExternalToc());
  }

  /** Longest footer there is: that many last bytes tell every format. */
  int MAX_FOOTER = ZstdFooter.LONG.size();

  /**
   * The format that the end of a blob tells.
   *
   * @param tail its last bytes, at least {@link #MAX_FOOTER} if it has that many; the buffer's
   *     position is left where it was
   * @throws UnsupportedBlobException if it is an ordinary layer, or of a format that isn't known
   */
  static BlobFormat detect(ByteBuffer tail) throws UnsupportedBlobException {
    for (BlobFormat format : all()) {
      if (format.matches(tail)) {
        return format;
      }
    }
    throw new UnsupportedBlobException("an ordinary layer: it ends without a footer");
  }

  private boolean matches(ByteBuffer tail) {
    return switch (this) {
      case EStargz(StargzFooter footer) -> footer.matches(tail);
      case ZstdChunked(ZstdFooter footer) -> footer.matches(tail);
      case ExternalToc() -> ExternalTocFooter.matches(tail);
    };
  }

  /**
   * The format that has this {@link #id}.
   *
   * @throws IllegalArgumentException if none has
   */
  static BlobFormat ofId(String id) {
    for (BlobFormat format : all()) {
      if (format.id().equals(id)) {
        return format;
      }
    }
    throw new IllegalArgumentException("no format " + id);
  }

  /** A word for it, to be written down. */
  default String id() {
    return switch (this) {
      case EStargz(StargzFooter footer) -> "estargz-" + footer.size();
      case ZstdChunked(ZstdFooter footer) -> "zstd-chunked-" + footer.size();
      case ExternalToc() -> "estargz-external-toc";
    };
  }

  /**
   * Where in the blob the payload ends and the TOC is.
   *
   * @param tail as in {@link #detect}
   * @param blobSize of the whole blob
   * @throws MalformedBlobException if that is outside the blob
   */
  default TocPlace place(ByteBuffer tail, long blobSize) throws MalformedBlobException {
    return switch (this) {
      case EStargz(StargzFooter footer) -> {
        long start = footer.tocOffset(tail, blobSize);
        yield new TocPlace(start, ByteRange.between(start, blobSize - footer.size()));
      }
      case ZstdChunked(ZstdFooter footer) -> footer.place(tail, blobSize);
      case ExternalToc() -> {
        long end = blobSize - ExternalTocFooter.SIZE;
        yield new TocPlace(end, new ByteRange(end, 0));
      }
    };
  }

  /** How many bytes the footer has. */
  default int footerSize() {
    return switch (this) {
      case EStargz(StargzFooter footer) -> footer.size();
      case ZstdChunked(ZstdFooter footer) -> footer.size();
      case ExternalToc() -> ExternalTocFooter.SIZE;
    };
  }

  /** Whether the members are zstd frames; they are gzip members otherwise. */
  default boolean isZstd() {
    return this instanceof ZstdChunked;
  }

  /** A decoder for its members, the caller's to close. */
  default MemberDecoder newDecoder() {
    return isZstd() ? new ZstdDecoder() : new GzipDecoder();
  }
}
