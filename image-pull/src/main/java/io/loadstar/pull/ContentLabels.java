package io.loadstar.pull;

import io.loadstar.blob.Digest;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageReference;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The labels that an image's documents have in containerd's content store: from them its garbage
 * collection sees what keeps what alive, and a later push or download where the content came from.
 * Source: containerd, docs/garbage-collection.md; names as its own client writes them.
 */
final class ContentLabels {

  private static final String REFERS_TO_CONTENT = "containerd.io/gc.ref.content.";
  private static final String REFERS_TO_SNAPSHOT = "containerd.io/gc.ref.snapshot.";
  private static final String CAME_FROM = "containerd.io/distribution.source.";

  /** On a layer's blob: its DiffID. */
  static final String UNCOMPRESSED = "containerd.io/uncompressed";

  private ContentLabels() {}

  /** An index keeps its manifests; those that aren't there do no harm. */
  static Map<String, String> ofIndex(List<Descriptor> manifests) {
    Map<String, String> labels = new HashMap<>();
    addNumbered(labels, "m.", manifests);
    return labels;
  }

  /** A manifest keeps its config and its layers. */
  static Map<String, String> ofManifest(ResolvedImage image) {
    Map<String, String> labels = new HashMap<>();
    labels.put(REFERS_TO_CONTENT + "config", image.config().digest().toString());
    addNumbered(labels, "l.", image.layers());
    return labels;
  }

  /** A config keeps the snapshot of the whole image. */
  static Map<String, String> ofConfig(ResolvedImage image, String snapshotter) {
    Map<String, String> labels = new HashMap<>();
    image
        .topChainId()
        .ifPresent(top -> labels.put(REFERS_TO_SNAPSHOT + snapshotter, top.toString()));
    return labels;
  }

  /** A layer's blob says what it is uncompressed. */
  static Map<String, String> ofLayer(Digest diffId) {
    return Map.of(UNCOMPRESSED, diffId.toString());
  }

  /**
   * Where content came from: the registry's host without its port, and the repositories there.
   *
   * @param present the labels that the content has already; its other repositories stay
   */
  static Map<String, String> source(ImageReference image, Map<String, String> present) {
    String host = image.host();
    int colon = host.lastIndexOf(':');
    String key =
        CAME_FROM + (colon > host.lastIndexOf(']') && colon > 0 ? host.substring(0, colon) : host);
    String known = present.getOrDefault(key, "");
    if (Arrays.asList(known.split(",", -1)).contains(image.repository())) {
      return Map.of();
    }
    String value = known.isEmpty() ? image.repository() : known + "," + image.repository();
    return fits(key, value) ? Map.of(key, value) : Map.of();
  }

  /** Whether containerd takes such a label. */
  static boolean fits(String key, String value) {
    return key.getBytes(StandardCharsets.UTF_8).length
            + value.getBytes(StandardCharsets.UTF_8).length
        <= SnapshotLabels.MAX_LABEL_BYTES;
  }

  private static void addNumbered(
      Map<String, String> labels, String kind, List<Descriptor> children) {
    for (int i = 0; i < children.size(); i++) {
      labels.put(REFERS_TO_CONTENT + kind + i, children.get(i).digest().toString());
    }
  }
}
