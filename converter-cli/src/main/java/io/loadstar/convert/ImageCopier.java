package io.loadstar.convert;

import io.loadstar.blob.Digest;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageIndex;
import io.loadstar.oci.Manifest;
import io.loadstar.oci.MediaTypes;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Brings an image, an index with all its images or some of them, or any artifact to another place,
 * unchanged. Not thread-safe. Blobs come first, then the manifests that name them; what the
 * destination's location names changes last. What is there already isn't brought again.
 */
public final class ImageCopier {

  /** An index may hold indexes; more levels than these are nobody's. */
  private static final int MAX_LEVELS = 4;

  private final ImageConverter.Places places;
  private final BlobTransfer transfer;
  private final IndexSelection selection;
  private final Set<Digest> copied = new HashSet<>();

  /**
   * @param places source and destination, which stay the caller's
   */
  public ImageCopier(
      ImageConverter.Places places, PlatformChoice platforms, ConversionListener listener) {
    this(
        places,
        new BlobTransfer(places.source(), places.destination(), listener),
        new IndexSelection(places.source(), platforms, listener));
  }

  ImageCopier(ImageConverter.Places places, BlobTransfer transfer, IndexSelection selection) {
    this.places = places;
    this.transfer = transfer;
    this.selection = selection;
  }

  /**
   * Does it.
   *
   * @param image what the source's location names
   * @return what was published, and how many bytes of blobs had to be stored
   * @throws ConversionException if there is no image for a platform that is wanted
   * @throws IOException if the source can't be read or the destination not written
   */
  public Copied copy(ImageDocument image) throws IOException {
    ImageDocument wanted = wanted(image);
    copyParts(wanted, 1);
    places.destination().publish(wanted);
    return new Copied(wanted.digest(), transfer.storedBytes());
  }

  /**
   * What was done.
   *
   * @param digest of what the destination's location names now
   * @param storedBytes of blobs that weren't there
   */
  public record Copied(Digest digest, long storedBytes) {}

  /** The image itself, or the index with those of its images that are wanted. */
  private ImageDocument wanted(ImageDocument image) throws IOException {
    if (!MediaTypes.isIndex(image.mediaType())) {
      return image;
    }
    ImageIndex index = ImageIndex.parse(image);
    List<Descriptor> chosen = selection.of(index);
    return chosen.equals(index.manifests()) ? image : index.withManifests(chosen).toDocument();
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
    manifest.layers().forEach(transfer.listener()::planned);
    for (Descriptor layer : manifest.layers()) {
      transfer.copy(layer);
      transfer.listener().arrived(layer);
    }
  }
}
