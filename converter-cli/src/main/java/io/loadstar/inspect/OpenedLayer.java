package io.loadstar.inspect;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.Digest;
import io.loadstar.blob.DigestMismatchException;
import io.loadstar.blob.MalformedBlobException;
import io.loadstar.blob.UnsupportedBlobException;
import io.loadstar.format.LayerBlob;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.MediaTypes;
import io.loadstar.toc.Toc;
import java.io.IOException;
import java.util.Optional;

/**
 * A layer, and its TOC if it can be read lazily. Immutable.
 *
 * @param descriptor the layer
 * @param blob footer and TOC; none of an ordinary layer
 */
public record OpenedLayer(Descriptor descriptor, Optional<LayerBlob> blob) {

  private static final String TOC_DIGEST = "containerd.io/snapshot/stargz/toc.digest";

  /** How far a layer's TOC can be relied on. */
  public enum Trust {
    /** The manifest names its digest, and it has that. */
    VOUCHED_FOR,
    /** The manifest names none. */
    NOT_VOUCHED_FOR,
    /** There is no TOC. */
    NONE
  }

  /**
   * Reads the layer's end.
   *
   * @throws MalformedBlobException if it has a footer, but not what that promises
   * @throws IOException if it can't be read
   */
  public static OpenedLayer open(ImageSource source, Descriptor layer) throws IOException {
    if (!MediaTypes.isLayer(layer.mediaType()) || MediaTypes.isForeignLayer(layer.mediaType())) {
      return new OpenedLayer(layer, Optional.empty());
    }
    try (BlobSource bytes = source.openBlob(layer)) {
      return new OpenedLayer(layer, Optional.of(LayerBlob.open(bytes)));
    } catch (UnsupportedBlobException e) {
      return new OpenedLayer(layer, Optional.empty());
    }
  }

  /** The digest that the manifest says the TOC has. */
  Optional<Digest> promised() throws InspectionException {
    String text = descriptor.annotations().get(TOC_DIGEST);
    if (text == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(Digest.parse(text));
    } catch (IllegalArgumentException e) {
      throw new InspectionException(
          "layer " + descriptor.digest() + ": annotation " + TOC_DIGEST + ": " + e.getMessage());
    }
  }

  /** How far its TOC can be relied on. */
  public Trust trust() {
    if (blob.isEmpty()) {
      return Trust.NONE;
    }
    return descriptor.annotations().containsKey(TOC_DIGEST)
        ? Trust.VOUCHED_FOR
        : Trust.NOT_VOUCHED_FOR;
  }

  /**
   * The TOC, verified where the manifest vouches for it.
   *
   * @throws DigestMismatchException if it isn't the one that the manifest names
   */
  Optional<Toc> toc() throws IOException {
    if (blob.isEmpty()) {
      return Optional.empty();
    }
    Optional<Digest> promised = promised();
    return Optional.of(
        promised.isPresent()
            ? blob.get().toc().verify(promised.get())
            : blob.get().toc().acceptUnverified());
  }
}
