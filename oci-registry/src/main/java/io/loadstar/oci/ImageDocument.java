package io.loadstar.oci;

import io.loadstar.blob.Digest;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A manifest, an index or a config as it is stored: its very bytes and the descriptor that names
 * them. Immutable.
 */
public final class ImageDocument {

  private final Descriptor descriptor;
  private final byte[] bytes;

  private ImageDocument(Descriptor descriptor, byte[] bytes) {
    this.descriptor = descriptor;
    this.bytes = bytes;
  }

  /** The document that {@code bytes} are; the digest is computed here. */
  public static ImageDocument of(String mediaType, byte[] bytes) {
    byte[] own = bytes.clone();
    return new ImageDocument(Descriptor.of(mediaType, Digest.of(own), own.length), own);
  }

  /** The same bytes under a descriptor that says more about them: annotations, platform. */
  public ImageDocument describedBy(Descriptor fuller) {
    if (!fuller.digest().equals(descriptor.digest()) || fuller.size() != descriptor.size()) {
      throw new IllegalArgumentException(fuller + " doesn't describe " + descriptor);
    }
    return new ImageDocument(fuller, bytes);
  }

  public Descriptor descriptor() {
    return descriptor;
  }

  public Digest digest() {
    return descriptor.digest();
  }

  public String mediaType() {
    return descriptor.mediaType();
  }

  /** The bytes; the caller's own copy. */
  public byte[] bytes() {
    return bytes.clone();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ImageDocument document
        && descriptor.equals(document.descriptor)
        && Arrays.equals(bytes, document.bytes);
  }

  @Override
  public int hashCode() {
    return descriptor.hashCode();
  }

  @Override
  public String toString() {
    return descriptor.toString();
  }
}
