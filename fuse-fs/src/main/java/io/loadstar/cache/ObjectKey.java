package io.loadstar.cache;

import io.loadstar.blob.Digest;

/**
 * The name of one object of the store: the bytes of a chunk, within a sharing domain. Immutable.
 *
 * <p>The size is part of the name: a TOC that gives a known digest a wrong size asks for an object
 * that doesn't exist, and can't get at the one that does.
 */
public sealed interface ObjectKey {

  /** Who may use it. */
  SharingDomain domain();

  /** How many bytes it has, more than 0. */
  long size();

  /**
   * An object that is named by what is in it; it can be checked at any time.
   *
   * @param digest of its bytes
   */
  record ByContent(SharingDomain domain, Digest digest, long size) implements ObjectKey {
    public ByContent {
      checkSize(size);
    }

    /** Also of a {@link SoughtObject}, which has no digest but its hash. */
    static int hash(SharingDomain domain, int digestHash, long size) {
      return (domain.hashCode() * 31 + digestHash) * 31 + Long.hashCode(size);
    }

    @Override
    public int hashCode() {
      return hash(domain, digest.hashCode(), size);
    }

    @Override
    public String toString() {
      return digest + " (" + size + " bytes, " + domain + ")";
    }
  }

  /**
   * An object without a digest, of a layer that was accepted unverified: named by where it comes
   * from, and not believed by a later start.
   *
   * @param blob the layer
   * @param offset where its member begins in the blob
   * @param innerOffset its first byte in the decompressed member
   */
  record ByPlace(SharingDomain domain, Digest blob, long offset, long innerOffset, long size)
      implements ObjectKey {
    public ByPlace {
      checkSize(size);
      if (offset < 0 || innerOffset < 0) {
        throw new IllegalArgumentException("no such place: " + offset + ", inner " + innerOffset);
      }
    }

    @Override
    public String toString() {
      return blob + " at " + offset + "+" + innerOffset + " (" + size + " bytes, " + domain + ")";
    }
  }

  private static void checkSize(long size) {
    if (size <= 0) {
      throw new IllegalArgumentException("no such object: " + size + " bytes");
    }
  }
}
