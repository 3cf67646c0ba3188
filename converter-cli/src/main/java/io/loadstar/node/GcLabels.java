package io.loadstar.node;

import io.loadstar.blob.Digest;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageIndex;
import io.loadstar.oci.Manifest;
import io.loadstar.oci.MediaTypes;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The labels from which containerd's garbage collection sees what a document keeps alive.
 * Stateless. Source: containerd, docs/garbage-collection.md; names as its own client writes them.
 */
public final class GcLabels {

  private static final String REFERS_TO_CONTENT = "containerd.io/gc.ref.content.";
  private static final String UNCOMPRESSED = "containerd.io/uncompressed";

  private GcLabels() {}

  /** An index keeps its manifests, a manifest its config and layers. */
  public static Map<String, String> of(ImageDocument document) throws IOException {
    Map<String, String> labels = new HashMap<>();
    if (MediaTypes.isIndex(document.mediaType())) {
      addNumbered(labels, "m.", ImageIndex.parse(document).manifests());
    } else {
      Manifest manifest = Manifest.parse(document);
      labels.put(REFERS_TO_CONTENT + "config", manifest.config().digest().toString());
      addNumbered(labels, "l.", manifest.layers());
    }
    return labels;
  }

  /** A layer's blob says what it is uncompressed. */
  static Map<String, String> ofLayer(Digest diffId) {
    return Map.of(UNCOMPRESSED, diffId.toString());
  }

  /** What containerd's clients call such a thing in the name of its write. */
  static String kind(Descriptor blob) {
    String type = blob.mediaType();
    if (MediaTypes.isIndex(type)) {
      return "index";
    }
    if (MediaTypes.isManifest(type)) {
      return "manifest";
    }
    return MediaTypes.isImageConfig(type) ? "config" : "layer";
  }

  private static void addNumbered(
      Map<String, String> labels, String kind, List<Descriptor> children) {
    for (int i = 0; i < children.size(); i++) {
      labels.put(REFERS_TO_CONTENT + kind + i, children.get(i).digest().toString());
    }
  }
}
