package io.loadstar.remote;

import io.loadstar.blob.Digest;
import io.loadstar.oci.ImageReference;
import io.loadstar.oci.MalformedReferenceException;
import io.loadstar.snapshot.NotLazyException;
import io.loadstar.snapshot.SnapshotLabel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the labels that containerd's clients put on a Prepare. CRI's names are looked for first,
 * then those that the peer's client writes. Labels with descriptors' {@code urls} are ignored.
 */
final class SnapshotLabels {

  /** CRI's: containerd, pkg/snapshotters, annotations.go. */
  private static final Names CRI =
      new Names(
          "containerd.io/snapshot/cri.image-ref",
          "containerd.io/snapshot/cri.layer-digest",
          "containerd.io/snapshot/cri.image-layers");

  /** The peer's, which our own {@code loadstar pull} writes too. */
  private static final Names STARGZ =
      new Names(
          "containerd.io/snapshot/remote/stargz.reference",
          "containerd.io/snapshot/remote/stargz.digest",
          "containerd.io/snapshot/remote/stargz.layers");

  /** The peer's: {@code rpull --skip-content-verify}. Any value means yes. */
  private static final String UNVERIFIED = "containerd.io/snapshot/remote/stargz.skipverify";

  /** More layers than an overlay can have: a list that is longer isn't read to its end. */
  private static final int MAX_NEIGHBOURS = 500;

  private record Names(String image, String layer, String layers) {}

  private SnapshotLabels() {}

  /**
   * Where the layer comes from.
   *
   * @throws NotLazyException if the labels don't say it
   */
  static LayerSource read(Map<String, String> labels) throws NotLazyException {
    Names names = labels.containsKey(CRI.layer) ? CRI : STARGZ;
    String image = labels.get(names.image);
    String layer = labels.get(names.layer);
    if (image == null || layer == null) {
      throw new NotLazyException("the labels name no image and layer (an ordinary pull)");
    }
    Digest digest = digest(names.layer, layer);
    return new LayerSource(
        reference(names.image, image),
        digest,
        tocDigest(labels),
        neighbours(labels.getOrDefault(names.layers, ""), digest),
        new LayerSource.Asked(
            labels.getOrDefault(SnapshotLabel.NAMESPACE, ""), labels.containsKey(UNVERIFIED)));
  }

  private static ImageReference reference(String label, String value) throws NotLazyException {
    try {
      return ImageReference.parse(value);
    } catch (MalformedReferenceException e) {
      throw new NotLazyException("label " + label, e);
    }
  }

  private static Digest digest(String label, String value) throws NotLazyException {
    try {
      return Digest.parse(value);
    } catch (IllegalArgumentException e) {
      throw new NotLazyException("label " + label, e);
    }
  }

  private static @Nullable Digest tocDigest(Map<String, String> labels) throws NotLazyException {
    String value = labels.getOrDefault(SnapshotLabel.TOC_DIGEST, "");
    return value.isEmpty() ? null : digest(SnapshotLabel.TOC_DIGEST, value);
  }

  /** A list that was cut to a label's length ends in something that isn't a digest. */
  private static List<Digest> neighbours(String layers, Digest own) {
    List<Digest> neighbours = new ArrayList<>();
    for (String layer : layers.split(",", MAX_NEIGHBOURS)) {
      try {
        Digest digest = Digest.parse(layer.strip());
        if (!digest.equals(own) && !neighbours.contains(digest)) {
          neighbours.add(digest);
        }
      } catch (IllegalArgumentException e) {
        break;
      }
    }
    return neighbours;
  }
}
