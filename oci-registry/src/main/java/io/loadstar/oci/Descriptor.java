package io.loadstar.oci;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.loadstar.blob.Digest;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Names some content: media type, digest, size. Immutable. Fields that aren't known here are kept,
 * so that a changed copy differs from the original in what was changed and nothing else. Source:
 * OCI image-spec, descriptor.md.
 */
public final class Descriptor {

  private final ObjectNode json;
  private final String mediaType;
  private final Digest digest;
  private final long size;
  private final Map<String, String> annotations;
  private final @Nullable Platform platform;

  private Descriptor(ObjectNode json, String what) throws MalformedDocumentException {
    JsonFields fields = new JsonFields(json, what);
    this.json = json;
    this.mediaType = fields.requiredText("mediaType");
    this.digest = fields.requiredDigest("digest");
    this.size = fields.requiredSize("size");
    // Always as a long: an equal number in a smaller node wouldn't be an equal node.
    json.put("size", size);
    this.annotations = Collections.unmodifiableMap(fields.annotations());
    JsonNode platformJson = json.get("platform");
    this.platform = platformJson instanceof ObjectNode object ? Platform.read(object, what) : null;
  }

  /**
   * Reads a descriptor.
   *
   * @param what its place, for messages
   * @throws MalformedDocumentException if a required field is missing or anything has the wrong
   *     type
   */
  public static Descriptor parse(ObjectNode json, String what) throws MalformedDocumentException {
    return new Descriptor(json.deepCopy(), what);
  }

  /** A descriptor with the three required fields. */
  public static Descriptor of(String mediaType, Digest digest, long size) {
    return checked(
        JsonDocument.empty()
            .put("mediaType", mediaType)
            .put("digest", digest.toString())
            .put("size", size));
  }

  public String mediaType() {
    return mediaType;
  }

  public Digest digest() {
    return digest;
  }

  /** The content's size in bytes. */
  public long size() {
    return size;
  }

  /** The annotations, in the document's order; unmodifiable. */
  public Map<String, String> annotations() {
    return annotations;
  }

  /** The platform that an index gives for this manifest. */
  public Optional<Platform> platform() {
    return Optional.ofNullable(platform);
  }

  /** The same content under another media type. */
  public Descriptor withMediaType(String newMediaType) {
    return checked(json.deepCopy().put("mediaType", newMediaType));
  }

  /**
   * Other content in the same place. What spoke of the old bytes goes: {@code data} (a copy of
   * them) and {@code urls} (where else they are).
   */
  public Descriptor withContent(Digest newDigest, long newSize) {
    ObjectNode copy = json.deepCopy();
    copy.put("digest", newDigest.toString()).put("size", newSize);
    copy.remove("data");
    copy.remove("urls");
    return checked(copy);
  }

  /** With one annotation added or replaced. */
  public Descriptor withAnnotation(String key, String value) {
    ObjectNode copy = json.deepCopy();
    annotationsOf(copy).put(key, value);
    return checked(copy);
  }

  /** Without the annotation {@code key}. */
  public Descriptor withoutAnnotation(String key) {
    if (!annotations.containsKey(key)) {
      return this;
    }
    ObjectNode copy = json.deepCopy();
    ObjectNode kept = annotationsOf(copy);
    kept.remove(key);
    if (kept.isEmpty()) {
      copy.remove("annotations");
    }
    return checked(copy);
  }

  /** The descriptor as JSON; the caller's own copy. */
  public ObjectNode toJson() {
    return json.deepCopy();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Descriptor descriptor && json.equals(descriptor.json);
  }

  @Override
  public int hashCode() {
    return digest.hashCode();
  }

  @Override
  public String toString() {
    return mediaType + " " + digest + " (" + size + " bytes)";
  }

  private static ObjectNode annotationsOf(ObjectNode json) {
    return json.get("annotations") instanceof ObjectNode present
        ? present
        : json.putObject("annotations");
  }

  private static Descriptor checked(ObjectNode json) {
    try {
      return new Descriptor(json, "descriptor");
    } catch (MalformedDocumentException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }
}
