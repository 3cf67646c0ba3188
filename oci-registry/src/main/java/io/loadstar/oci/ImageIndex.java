package io.loadstar.oci;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;

/**
 * A list of manifests, mostly one for each platform. Immutable; fields not known here are kept.
 * Source: OCI image-spec, image-index.md.
 */
public final class ImageIndex {

  private final ObjectNode json;
  private final String mediaType;
  private final List<Descriptor> manifests;

  private ImageIndex(ObjectNode json, String mediaType, String what)
      throws MalformedDocumentException {
    JsonFields fields = new JsonFields(json, what);
    this.json = json;
    this.mediaType = mediaType;
    if (json.has("config") || json.has("layers") || json.has("fsLayers")) {
      throw fields.problem("it has the fields of another kind of document");
    }
    this.manifests = fields.descriptors("manifests");
  }

  /**
   * Reads an index or a Docker manifest list.
   *
   * @throws MalformedDocumentException if it isn't one
   */
  public static ImageIndex parse(ImageDocument document) throws MalformedDocumentException {
    String what = "index " + document.digest();
    if (!MediaTypes.isIndex(document.mediaType())) {
      throw new MalformedDocumentException(what, "its media type is " + document.mediaType());
    }
    return parse(JsonDocument.parse(document.bytes(), what), document.mediaType(), what);
  }

  /** As above, from a document that has been parsed already. */
  public static ImageIndex parse(ObjectNode json, String mediaType, String what)
      throws MalformedDocumentException {
    return new ImageIndex(json.deepCopy(), mediaType, what);
  }

  /** An OCI index of {@code manifests}. */
  public static ImageIndex of(List<Descriptor> manifests) {
    ObjectNode json =
        JsonDocument.empty().put("schemaVersion", 2).put("mediaType", MediaTypes.OCI_INDEX);
    return checked(json, MediaTypes.OCI_INDEX).withManifests(manifests);
  }

  public String mediaType() {
    return mediaType;
  }

  /** The manifests in the document's order; unmodifiable. */
  public List<Descriptor> manifests() {
    return manifests;
  }

  /** The first manifest for {@code wanted}. */
  public Optional<Descriptor> select(Platform wanted) {
    return manifests.stream()
        .filter(manifest -> manifest.platform().filter(wanted::matches).isPresent())
        .findFirst();
  }

  public ImageIndex withMediaType(String newMediaType) {
    return checked(json.deepCopy().put("mediaType", newMediaType), newMediaType);
  }

  public ImageIndex withManifests(List<Descriptor> newManifests) {
    ObjectNode copy = json.deepCopy();
    ArrayNode list = copy.putArray("manifests");
    newManifests.forEach(manifest -> list.add(manifest.toJson()));
    return checked(copy, mediaType);
  }

  /** The index as it would be stored. */
  public ImageDocument toDocument() {
    return ImageDocument.of(mediaType, JsonDocument.write(json));
  }

  private static ImageIndex checked(ObjectNode json, String mediaType) {
    try {
      return new ImageIndex(json, mediaType, "index");
    } catch (MalformedDocumentException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }
}
