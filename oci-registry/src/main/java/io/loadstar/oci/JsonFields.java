package io.loadstar.oci;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.loadstar.blob.Digest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The fields of a document, checked as they are taken. Not thread-safe. */
record JsonFields(JsonNode json, String what) {

  /** Far above any real list (a manifest's layers, an index's manifests). */
  private static final int MAX_ELEMENTS = 10_000;

  String requiredText(String key) throws MalformedDocumentException {
    return text(key).orElseThrow(() -> problem(key + " is missing"));
  }

  Optional<String> text(String key) throws MalformedDocumentException {
    JsonNode value = json.get(key);
    if (value == null || value.isNull()) {
      return Optional.empty();
    }
    if (!value.isTextual()) {
      throw problem(key + " isn't a string");
    }
    return Optional.of(value.textValue());
  }

  Digest requiredDigest(String key) throws MalformedDocumentException {
    return digest(requiredText(key), key);
  }

  long requiredSize(String key) throws MalformedDocumentException {
    JsonNode value = json.get(key);
    if (value == null || !value.isIntegralNumber() || !value.canConvertToLong()) {
      throw problem(key + " isn't a number of bytes");
    }
    if (value.longValue() < 0) {
      throw problem(key + " is " + value.longValue());
    }
    return value.longValue();
  }

  Map<String, String> annotations() throws MalformedDocumentException {
    JsonNode value = json.get("annotations");
    if (value == null || value.isNull()) {
      return Map.of();
    }
    Map<String, String> annotations = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : value.properties()) {
      if (!entry.getValue().isTextual()) {
        throw problem("annotation " + entry.getKey() + " isn't a string");
      }
      annotations.put(entry.getKey(), entry.getValue().textValue());
    }
    return annotations;
  }

  Descriptor requiredDescriptor(String key) throws MalformedDocumentException {
    JsonNode value = json.get(key);
    if (!(value instanceof ObjectNode object)) {
      throw problem(key + " isn't a descriptor");
    }
    return Descriptor.parse(object, what + ", " + key);
  }

  /** The descriptors under {@code key}; Go writes {@code null} for none. */
  List<Descriptor> descriptors(String key) throws MalformedDocumentException {
    List<Descriptor> descriptors = new ArrayList<>();
    for (JsonNode element : elements(json.get(key), key)) {
      if (!(element instanceof ObjectNode object)) {
        throw problem(key + " holds something that isn't a descriptor");
      }
      descriptors.add(Descriptor.parse(object, what + ", " + key + " " + descriptors.size()));
    }
    return List.copyOf(descriptors);
  }

  List<Digest> digests(JsonNode list, String key) throws MalformedDocumentException {
    List<Digest> digests = new ArrayList<>();
    for (JsonNode element : elements(list, key)) {
      digests.add(digest(element.asText(), key));
    }
    return List.copyOf(digests);
  }

  MalformedDocumentException problem(String problem) {
    return new MalformedDocumentException(what, problem);
  }

  private Iterable<JsonNode> elements(@org.jspecify.annotations.Nullable JsonNode list, String key)
      throws MalformedDocumentException {
    if (list == null || list.isNull()) {
      return List.of();
    }
    if (!list.isArray() || list.size() > MAX_ELEMENTS) {
      throw problem(key + " isn't a list of at most " + MAX_ELEMENTS);
    }
    return list;
  }

  private Digest digest(String text, String key) throws MalformedDocumentException {
    try {
      return Digest.parse(text);
    } catch (IllegalArgumentException e) {
      throw new MalformedDocumentException(what, key + ": " + e.getMessage(), e);
    }
  }
}
