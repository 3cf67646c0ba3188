package io.loadstar.pull;

import io.loadstar.blob.Digest;
import io.loadstar.oci.Descriptor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a snapshotter is told of a layer, so that it can mount it by itself. Immutable.
 *
 * <p>The same facts are said under two sets of names, since snapshotters know the one or the other:
 * those that containerd's CRI plugin gives, and those of stargz-snapshotter's own client. The
 * layer's annotations that begin with {@code containerd.io/snapshot/} come along, but for {@code
 * containerd.io/snapshot/remote...}; among them is the digest of the TOC.
 */
final class SnapshotLabels {

  /** containerd refuses a label whose key and value together are longer (bytes). */
  static final int MAX_LABEL_BYTES = 4096;

  /** The snapshot's name to be; that it is there says that mounting may be tried. */
  static final String TARGET = "containerd.io/snapshot.ref";

  /** On a snapshot that the snapshotter mounted by itself. */
  static final String REMOTE = "containerd.io/snapshot/remote";

  /** How the snapshotter has prepared it: loadstar-snapshotter's own note. */
  static final String PREPARED = "loadstar.io/prepared";

  static final String PREPARED_UNPACKED = "unpacked";
  static final String PREPARED_ORDINARY = "ordinary";

  /** And why not lazily. */
  static final String REASON = "loadstar.io/reason";

  static final String TOC_DIGEST = "containerd.io/snapshot/stargz/toc.digest";

  /** The peer's: {@code rpull --skip-content-verify}. Snapshotters don't look at its value. */
  static final String UNVERIFIED = "containerd.io/snapshot/remote/stargz.skipverify";

  private static final String SNAPSHOT_ANNOTATIONS = "containerd.io/snapshot/";
  private static final String CRI_IMAGE = "containerd.io/snapshot/cri.image-ref";
  private static final String CRI_MANIFEST = "containerd.io/snapshot/cri.manifest-digest";
  private static final String CRI_LAYER = "containerd.io/snapshot/cri.layer-digest";
  private static final String CRI_LAYERS = "containerd.io/snapshot/cri.image-layers";
  private static final String STARGZ_IMAGE = "containerd.io/snapshot/remote/stargz.reference";
  private static final String STARGZ_LAYER = "containerd.io/snapshot/remote/stargz.digest";
  private static final String STARGZ_LAYERS = "containerd.io/snapshot/remote/stargz.layers";

  private SnapshotLabels() {}

  /**
   * The labels for layer {@code index} of {@code image}.
   *
   * @param promise what is asked of it
   */
  static Map<String, String> of(ResolvedImage image, int index, PullRequest.Promise promise) {
    Descriptor layer = image.layers().get(index);
    List<Digest> fromHere =
        image.layers().subList(index, image.layers().size()).stream()
            .map(Descriptor::digest)
            .toList();
    Map<String, String> labels = new HashMap<>();
    layer.annotations().forEach((key, value) -> addAnnotation(labels, key, value));
    labels.put(TARGET, image.chainIds().get(index).toString());
    labels.put(CRI_IMAGE, image.image().toString());
    labels.put(CRI_MANIFEST, image.manifest().digest().toString());
    labels.put(CRI_LAYER, layer.digest().toString());
    labels.put(CRI_LAYERS, list(CRI_LAYERS, fromHere));
    labels.put(STARGZ_IMAGE, image.image().toString());
    labels.put(STARGZ_LAYER, layer.digest().toString());
    labels.put(STARGZ_LAYERS, list(STARGZ_LAYERS, fromHere));
    if (promise == PullRequest.Promise.NOT_REQUIRED) {
      labels.put(UNVERIFIED, "true");
    }
    return Map.copyOf(labels);
  }

  /** The digest of the blob that a snapshot was prepared from; empty if its labels don't say. */
  static String layerOf(Map<String, String> labels) {
    return labels.getOrDefault(CRI_LAYER, labels.getOrDefault(STARGZ_LAYER, ""));
  }

  /**
   * The image's author wrote these: what containerd wouldn't take is left out, and what is for the
   * snapshotter or for who pulls to say, such as that nothing needs to be verified.
   */
  private static void addAnnotation(Map<String, String> labels, String key, String value) {
    if (key.startsWith(SNAPSHOT_ANNOTATIONS)
        && !key.startsWith(REMOTE)
        && ContentLabels.fits(key, value)) {
      labels.put(key, value);
    }
  }

  /** As many of {@code digests} as the label holds. */
  private static String list(String key, List<Digest> digests) {
    StringBuilder text = new StringBuilder();
    for (Digest digest : digests) {
      String more = (text.isEmpty() ? "" : ",") + digest;
      if (key.length() + text.length() + more.length() > MAX_LABEL_BYTES) {
        break;
      }
      text.append(more);
    }
    return text.toString();
  }
}
