package io.loadstar.convert;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.loadstar.blob.Digest;
import io.loadstar.convert.LayerReport.Blob;
import io.loadstar.convert.LayerReport.State;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.JsonDocument;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a layer became when it was converted: all that the converted image says of it. Immutable.
 *
 * @param blob media type, digest and size of what it became
 * @param annotations those that the descriptor got, by which it differs from the source's
 * @param removed those that it lost
 * @param diffId of what it became
 * @param tocDigest of its TOC, by which it is verified before it is used
 * @param missed prioritized paths that it doesn't have
 */
record LayerRecord(
    Descriptor blob,
    Map<String, String> annotations,
    List<String> removed,
    Digest diffId,
    Digest tocDigest,
    List<String> missed)
    implements ConvertedLayer {

  LayerRecord {
    annotations = Map.copyOf(annotations);
    removed = List.copyOf(removed);
    missed = List.copyOf(missed);
  }

  /** What {@code layer} became. */
  static LayerRecord of(Descriptor layer, ConvertedLayer.Rewritten converted) {
    Descriptor after = converted.describe(layer);
    Map<String, String> added = new LinkedHashMap<>(after.annotations());
    added.entrySet().removeAll(layer.annotations().entrySet());
    List<String> removed = new ArrayList<>(layer.annotations().keySet());
    removed.removeAll(after.annotations().keySet());
    return new LayerRecord(
        Descriptor.of(after.mediaType(), after.digest(), after.size()),
        added,
        removed,
        converted.built().diffId(),
        converted.built().tocDigest(),
        converted.missed());
  }

  @Override
  public Descriptor describe(Descriptor layer) {
    Descriptor described =
        layer.withMediaType(blob.mediaType()).withContent(blob.digest(), blob.size());
    for (String key : removed) {
      described = described.withoutAnnotation(key);
    }
    for (Map.Entry<String, String> annotation : new java.util.TreeMap<>(annotations).entrySet()) {
      described = described.withAnnotation(annotation.getKey(), annotation.getValue());
    }
    return described;
  }

  @Override
  public Digest diffId(Digest before) {
    return diffId;
  }

  @Override
  public LayerReport report(Descriptor layer) {
    return new LayerReport(
        State.REUSED,
        new Blob(layer.digest(), layer.size()),
        new Blob(blob.digest(), blob.size()),
        Optional.of(tocDigest));
  }

  ObjectNode toJson() {
    ObjectNode json = JsonDocument.empty();
    json.set("blob", blob.toJson());
    ObjectNode added = json.putObject("annotations");
    annotations.forEach(added::put);
    var gone = json.putArray("removed");
    removed.forEach(gone::add);
    json.put("diffId", diffId.toString()).put("tocDigest", tocDigest.toString());
    var absent = json.putArray("missed");
    missed.forEach(absent::add);
    return json;
  }

  /**
   * Reads one.
   *
   * @throws IllegalArgumentException if it is none
   */
  static LayerRecord parse(ObjectNode json) {
    try {
      if (!(json.get("blob") instanceof ObjectNode blob)) {
        throw new IllegalArgumentException("no blob");
      }
      Map<String, String> added = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> entry : json.path("annotations").properties()) {
        added.put(entry.getKey(), entry.getValue().asText());
      }
      return new LayerRecord(
          Descriptor.parse(blob, "record"),
          added,
          texts(json.path("removed")),
          Digest.parse(json.path("diffId").asText()),
          Digest.parse(json.path("tocDigest").asText()),
          texts(json.path("missed")));
    } catch (io.loadstar.oci.MalformedDocumentException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(each -> texts.add(each.asText()));
    return texts;
  }
}
