package io.loadstar.oci;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one image (or artifact) is made of: a config and layers, lowest first. Immutable; fields not
 * known here are kept. Source: OCI image-spec, manifest.md.
 */
public final class Manifest {

  private final ObjectNode json;
  private final String mediaType;
  private final Descriptor config;
  private final List<Descriptor> layers;
  private final @Nullable Descriptor subject;
  private final Map<String, String> annotations;

  private Manifest(ObjectNode json, String mediaType, String what)
      throws MalformedDocumentException {
    JsonFields fields = new JsonFields(json, what);
    this.json = json;
    this.mediaType = mediaType;
    if (json.has("manifests") || json.has("fsLayers")) {
      throw fields.problem("it has the fields of another kind of document");
    }
    this.config = fields.requiredDescriptor("config");
    this.layers = fields.descriptors("layers");
    this.subject = json.hasNonNull("subject") ? fields.requiredDescriptor("subject") : null;
    this.annotations = Collections.unmodifiableMap(fields.annotations());
  }

  /**
   * Reads a manifest.
   *
   * @throws MalformedDocumentException if it isn't one
   */
  public static Manifest parse(ImageDocument document) throws MalformedDocumentException {
    String what = "manifest " + document.digest();
    if (!MediaTypes.isManifest(document.mediaType())) {
      throw new MalformedDocumentException(what, "its media type is " + document.mediaType());
    }
    return new Manifest(JsonDocument.parse(document.bytes(), what), document.mediaType(), what);
  }

  /** A manifest of these. */
  public static Manifest of(Descriptor config, List<Descriptor> layers) {
    ObjectNode json = JsonDocument.empty();
    json.put("schemaVersion", 2).put("mediaType", MediaTypes.OCI_MANIFEST);
    json.set("config", config.toJson());
    ArrayNode list = json.putArray("layers");
    layers.forEach(layer -> list.add(layer.toJson()));
    return checked(json, MediaTypes.OCI_MANIFEST);
  }

  public String mediaType() {
    return mediaType;
  }

  public Descriptor config() {
    return config;
  }

  /** The layers, lowest first; unmodifiable. */
  public List<Descriptor> layers() {
    return layers;
  }

  /** The manifest that this one says something about. */
  public Optional<Descriptor> subject() {
    return Optional.ofNullable(subject);
  }

  public Map<String, String> annotations() {
    return annotations;
  }

  /** Whether the layers are the root file system of a container. */
  public boolean isImage() {
    return MediaTypes.isImageConfig(config.mediaType());
  }

  public Manifest withMediaType(String newMediaType) {
    return checked(json.deepCopy().put("mediaType", newMediaType), newMediaType);
  }

  public Manifest withConfig(Descriptor newConfig) {
    ObjectNode copy = json.deepCopy();
    copy.set("config", newConfig.toJson());
    return checked(copy, mediaType);
  }

  public Manifest withLayers(List<Descriptor> newLayers) {
    ObjectNode copy = json.deepCopy();
    ArrayNode list = copy.putArray("layers");
    newLayers.forEach(layer -> list.add(layer.toJson()));
    return checked(copy, mediaType);
  }

  /** The manifest as it would be stored. */
  public ImageDocument toDocument() {
    return ImageDocument.of(mediaType, JsonDocument.write(json));
  }

  private static Manifest checked(ObjectNode json, String mediaType) {
    try {
      return new Manifest(json, mediaType, "manifest");
    } catch (MalformedDocumentException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }
}
