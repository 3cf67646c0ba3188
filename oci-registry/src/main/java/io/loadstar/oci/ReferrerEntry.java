package io.loadstar.oci;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.loadstar.blob.Digest;
import java.util.Optional;

/**
 * A manifest that speaks of another, as the list of that one's referrers has it. Immutable. Source:
 * OCI distribution-spec 1.1, "Listing Referrers".
 *
 * @param subject the manifest that is spoken of
 * @param descriptor the one that speaks, with its {@code artifactType} and annotations
 */
public record ReferrerEntry(Digest subject, Descriptor descriptor) {

  /**
   * The entry of a manifest or index; none if it speaks of no other.
   *
   * @throws MalformedDocumentException if its {@code subject} is no descriptor
   */
  public static Optional<ReferrerEntry> of(ImageDocument document)
      throws MalformedDocumentException {
    String what = "manifest " + document.digest();
    ObjectNode json = JsonDocument.parse(document.bytes(), what);
    if (!json.hasNonNull("subject")) {
      return Optional.empty();
    }
    Digest subject = new JsonFields(json, what).requiredDescriptor("subject").digest();
    ObjectNode entry =
        Descriptor.of(document.mediaType(), document.digest(), document.descriptor().size())
            .toJson();
    String type = json.path("artifactType").asText("");
    String kind = type.isEmpty() ? json.path("config").path("mediaType").asText("") : type;
    if (!kind.isEmpty()) {
      entry.put("artifactType", kind);
    }
    if (json.get("annotations") instanceof ObjectNode annotations) {
      entry.set("annotations", annotations.deepCopy());
    }
    return Optional.of(new ReferrerEntry(subject, Descriptor.parse(entry, what)));
  }
}
