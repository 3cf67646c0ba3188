package io.loadstar.oci;

import io.loadstar.blob.BlobSource;
import java.io.Closeable;
import java.io.IOException;
import java.util.Optional;

/**
 * The place of one image to write to. Blobs come first, then the manifests that name them, and
 * {@link #publish} last, so that whoever looks in between sees the old image or nothing.
 * Thread-safe; closed by whoever opened it.
 */
public interface ImageDestination extends Closeable {

  /**
   * Whether the blob is there already.
   *
   * @throws IOException if that can't be found out
   */
  boolean hasBlob(Descriptor blob) throws IOException;

  /**
   * Gets the blob straight from {@code source} if that moves no bytes through this machine.
   *
   * @return whether it is there now; if not, it has to be put
   * @throws IOException if the destination can't be asked
   */
  default boolean takeBlob(Descriptor blob, ImageSource source) throws IOException {
    return false;
  }

  /**
   * A blob that is there, to be looked at before it is relied on; the caller closes it. Not
   * verified.
   *
   * @throws IOException if it can't be had
   */
  BlobSource openBlob(Descriptor blob) throws IOException;

  /**
   * Stores a blob. Bytes that don't have {@code blob}'s digest and size are not stored.
   *
   * @throws io.loadstar.blob.DigestMismatchException if they haven't
   * @throws IOException if it can't be stored, or as {@code content} throws
   */
  void putBlob(Descriptor blob, BlobContent content) throws IOException;

  /**
   * The place of the image that gets the TOCs of this one's layers, where they don't go into the
   * layers. Empty if this place has room for one image only. The caller closes it.
   *
   * @throws IOException if it is known at once that nothing can be written there
   */
  default Optional<ImageDestination> tocImage() throws IOException {
    return Optional.empty();
  }

  /**
   * Stores a manifest or index under its digest, without naming it.
   *
   * @throws IOException if it can't be stored
   */
  void putManifest(ImageDocument manifest) throws IOException;

  /**
   * Stores a manifest or index and makes it what the location names.
   *
   * @throws IOException if it can't be stored
   */
  void publish(ImageDocument image) throws IOException;
}
