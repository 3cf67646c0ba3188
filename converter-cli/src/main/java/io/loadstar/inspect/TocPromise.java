package io.loadstar.inspect;

import io.loadstar.blob.Digest;
import io.loadstar.convert.TocAnnotations;
import io.loadstar.format.LayerBlob;
import io.loadstar.oci.Descriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One annotation of a layer that vouches for its TOC. Immutable.
 *
 * @param annotation its key
 * @param text its value
 * @param kind what it tells
 */
record TocPromise(String annotation, String text, Kind kind) {

  /** What an annotation tells of a TOC. */
  enum Kind {
    /** The digest of its JSON. */
    DIGEST,
    /** The digest of its compressed bytes. */
    COMPRESSED_DIGEST,
    /** Its offset, compressed size, uncompressed size and type, with colons between. */
    POSITION
  }

  /** Those that a manifest makes of {@code layer}. */
  static List<TocPromise> of(Descriptor layer) {
    List<TocPromise> promises = new ArrayList<>();
    add(layer, TocAnnotations.TOC_DIGEST, Kind.DIGEST, promises);
    add(layer, TocAnnotations.MANIFEST_CHECKSUM, Kind.COMPRESSED_DIGEST, promises);
    add(layer, TocAnnotations.PODMAN_CHECKSUM, Kind.COMPRESSED_DIGEST, promises);
    add(layer, TocAnnotations.MANIFEST_POSITION, Kind.POSITION, promises);
    add(layer, TocAnnotations.PODMAN_POSITION, Kind.POSITION, promises);
    return promises;
  }

  private static void add(
      Descriptor layer, String annotation, Kind kind, List<TocPromise> promises) {
    String text = layer.annotations().get(annotation);
    if (text != null) {
      promises.add(new TocPromise(annotation, text, kind));
    }
  }

  /**
   * The digest that it names.
   *
   * @throws InspectionException if it is none
   */
  Digest digest(Descriptor layer) throws InspectionException {
    try {
      return Digest.parse(text);
    } catch (IllegalArgumentException e) {
      throw new InspectionException(
          "layer " + layer.digest() + ": annotation " + annotation + ": " + e.getMessage());
    }
  }

  /** What of it isn't true of {@code blob}. */
  Optional<String> brokenBy(LayerBlob blob) {
    String actual =
        switch (kind) {
          case DIGEST -> blob.toc().digest().toString();
          case COMPRESSED_DIGEST -> blob.compressedToc().digest().toString();
          case POSITION ->
              blob.compressedToc().range().offset()
                  + ":"
                  + blob.compressedToc().range().length()
                  + ":"
                  + blob.toc().json().remaining()
                  + ":1";
        };
    return actual.equals(text)
        ? Optional.empty()
        : Optional.of(annotation + " says " + text + ", it is " + actual);
  }
}
