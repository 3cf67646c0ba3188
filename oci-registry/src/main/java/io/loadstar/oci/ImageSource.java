package io.loadstar.oci;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.Digest;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * The place of one image to read from: a repository of a registry, an OCI layout. Thread-safe;
 * closed by whoever opened it.
 */
public interface ImageSource extends Closeable {

  /** Manifests and indexes above this size (bytes) are refused; containerd's limit. */
  int MAX_MANIFEST_BYTES = 8 << 20;

  /** Configs and other small blobs above this size (bytes) are refused. */
  int MAX_SMALL_BLOB_BYTES = 16 << 20;

  /**
   * The manifest or index that the location names. Its digest is that of the bytes, and the one in
   * the reference if that has one.
   *
   * @throws IOException if there is none, or it can't be had
   */
  ImageDocument resolve() throws IOException;

  /**
   * The manifest or index that {@code descriptor} names, checked against its digest and size.
   *
   * @throws IOException if it can't be had or isn't the one
   */
  ImageDocument manifest(Descriptor descriptor) throws IOException;

  /**
   * Whether a manifest that an index names is here: a store may have an index without all of it.
   *
   * @throws IOException if that can't be found out
   */
  default boolean hasManifest(Descriptor descriptor) throws IOException {
    return true;
  }

  /**
   * What is known here to speak of the manifest {@code subject} from outside of its index:
   * signatures, attestations. A place that can't tell has none.
   *
   * @throws IOException if that can't be found out
   */
  default List<Referrer> referrers(Digest subject) throws IOException {
    return List.of();
  }

  /**
   * The image that has the TOCs of this one's layers, where they aren't in the layers: by its name
   * only, whether there is one isn't asked. Empty if it would have no name. The caller closes it.
   */
  default Optional<ImageSource> tocImage() {
    return Optional.empty();
  }

  /**
   * A small blob (a config) as a whole, checked against its digest and size.
   *
   * @throws IOException if it can't be had, isn't the one, or is over {@link #MAX_SMALL_BLOB_BYTES}
   */
  byte[] smallBlob(Descriptor descriptor) throws IOException;

  /**
   * A blob's bytes, which aren't verified. The caller closes it; it is valid as long as this source
   * is open.
   *
   * @throws IOException if it is known at once that it can't be had
   */
  BlobSource openBlob(Descriptor descriptor) throws IOException;
}
