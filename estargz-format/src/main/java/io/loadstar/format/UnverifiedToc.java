package io.loadstar.format;

import io.loadstar.blob.Digest;
import io.loadstar.blob.DigestMismatchException;
import io.loadstar.blob.MalformedBlobException;
import io.loadstar.toc.Toc;
import io.loadstar.toc.TocJson;
import java.nio.ByteBuffer;

/**
 * A TOC's JSON before anybody has looked into it. The only ways to a {@link Toc} are {@link
 * #verify} and, said out loud, {@link #acceptUnverified}. Immutable.
 */
public final class UnverifiedToc {

  private final byte[] json;
  private final long blobOffset;
  private final Digest digest;

  private UnverifiedToc(byte[] json, long blobOffset) {
    this.json = json;
    this.blobOffset = blobOffset;
    this.digest = Digest.of(json);
  }

  /**
   * The TOC whose JSON is {@code json}, which isn't copied: as read from a blob, or as kept since.
   *
   * @param tocOffset where it starts in its blob
   */
  public static UnverifiedToc of(byte[] json, long tocOffset) {
    return new UnverifiedToc(json, tocOffset);
  }

  /** The JSON, every byte of it; read-only. */
  public ByteBuffer json() {
    return ByteBuffer.wrap(json).asReadOnlyBuffer();
  }

  /** The digest of every byte of the JSON. */
  public Digest digest() {
    return digest;
  }

  /**
   * The TOC, if it is the one that was promised.
   *
   * @throws DigestMismatchException if it isn't
   * @throws MalformedBlobException if it is, and yet no TOC
   */
  public Toc verify(Digest expected) throws DigestMismatchException, MalformedBlobException {
    require(expected);
    return TocJson.read(json, blobOffset);
  }

  /**
   * Only compares: for who has read it already, and shows it to nobody before.
   *
   * @throws DigestMismatchException if it isn't the one that was promised
   */
  public void require(Digest expected) throws DigestMismatchException {
    if (!digest.equals(expected)) {
      throw new DigestMismatchException("TOC", expected, digest);
    }
  }

  /**
   * The TOC, whoever wrote it: where the configuration allows layers that nobody vouches for.
   *
   * @throws MalformedBlobException if it isn't a TOC
   */
  public Toc acceptUnverified() throws MalformedBlobException {
    return TocJson.read(json, blobOffset);
  }
}
