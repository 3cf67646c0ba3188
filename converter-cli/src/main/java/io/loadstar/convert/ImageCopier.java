package io.loadstar.convert;

import io.loadstar.blob.Digest;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageIndex;
import io.loadstar.oci.Manifest;
import io.loadstar.oci.MediaTypes;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;

/**
 * Brings an image, an index with all its images, or any artifact to another place, unchanged. Not
 * thread-safe. Blobs come first, then the manifests that name them; what the destination's location
 * names changes last. What is there already isn't brought again.
 */
public final class ImageCopier {

  /** An index may hold indexes; more levels than these are nobody's. */
  private static final int MAX_LEVELS = 4;

  private final ImageConverter.Places places;
  private final BlobTransfer transfer;
  private final Set<Digest> copied = new HashSet<>();

  /**
   * @param places source and destination, which stay the caller's
   */
  public ImageCopier(ImageConverter.Places places, ConversionListener listener) {
    this(places, new BlobTransfer(places.source(), places.destination(), listener));
  }

  ImageCopier(ImageConverter.Places places, BlobTransfer transfer) {
    this.places = places;
    this.transfer = transfer;
  }

  /**
   * Does it.
   *
   * @param image what the source's location names
   * @return how many bytes of blobs had to be stored
   * @throws IOException if the source can't be read or the destination not written
   */
  public long copy(ImageDocument image) throws IOException {
    copyParts(image, 1);
    places.destination().publish(image);
    return transfer.storedBytes();
  }

  /** Brings over what an index names, and stores it under its digest. */
  void copyEntry(Descriptor entry) throws IOException {
    copyEntry(entry, 1);
  }

  private void copyEntry(Descriptor entry, int level) throws IOException {
    if (!copied.add(entry.digest())) {
      return;
    }
    if (MediaTypes.isIndex(entry.mediaType()) || MediaTypes.isManifest(entry.mediaType())) {
      ImageDocument document = places.source().manifest(entry);
      copyParts(document, level + 1);
      places.destination().putManifest(document);
    } else {
      transfer.copy(entry);
    }
  }

  private void copyParts(ImageDocument document, int level) throws IOException {
    if (level > MAX_LEVELS) {
      throw new ConversionException(
          places.source() + " has indexes in more than " + MAX_LEVELS + " levels");
    }
    if (MediaTypes.isIndex(document.mediaType())) {
      for (Descriptor entry : ImageIndex.parse(document).manifests()) {
        copyEntry(entry, level);
      }
      return;
    }
    Manifest manifest = Manifest.parse(document);
    transfer.copy(manifest.config());
    for (Descriptor layer : manifest.layers()) {
      transfer.copy(layer);
    }
  }
}
