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
import io.loadstar.oci.TocImage;
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
      return new OpenedLayer(layer, Optional.of(LayerBlob.open(bytes, TocImage.of(source))));
    } catch (UnsupportedBlobException e) {
      return new OpenedLayer(layer, Optional.empty());
    }
  }

  /** How far its TOC can be relied on. */
  public Trust trust() {
    if (blob.isEmpty()) {
      return Trust.NONE;
    }
    return TocPromise.of(descriptor).isEmpty() ? Trust.NOT_VOUCHED_FOR : Trust.VOUCHED_FOR;
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
    for (TocPromise promise : TocPromise.of(descriptor)) {
      switch (promise.kind()) {
        case DIGEST -> {
          return Optional.of(blob.get().toc().verify(promise.digest(descriptor)));
        }
        case COMPRESSED_DIGEST -> {
          Digest expected = promise.digest(descriptor);
          Digest actual = blob.get().compressedToc().digest();
          if (!expected.equals(actual)) {
            throw new DigestMismatchException("compressed TOC", expected, actual);
          }
        }
        case POSITION -> {} // the footer says it as well
      }
    }
    return Optional.of(blob.get().toc().acceptUnverified());
  }
}
