package io.loadstar.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.Digest;
import io.loadstar.oci.ImageReference;
import io.loadstar.snapshot.NotLazyException;
import io.loadstar.snapshot.SnapshotLabel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class SnapshotLabelsTest {

  private static final Digest ONE = new Digest("1".repeat(64));
  private static final Digest TWO = new Digest("2".repeat(64));
  private static final Digest TOC = new Digest("a".repeat(64));

  private static Map<String, String> labels(String... namesAndValues) {
    Map<String, String> labels = new HashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      labels.put("containerd.io/snapshot/" + namesAndValues[i], namesAndValues[i + 1]);
    }
    return labels;
  }

  private static Map<String, String> cri() {
    return labels(
        "cri.image-ref",
        "example.org/a:1",
        "cri.layer-digest",
        ONE.toString(),
        "cri.image-layers",
        ONE + "," + TWO,
        "stargz/toc.digest",
        TOC.toString());
  }

  private static LayerSource expected() {
    return new LayerSource(
        ImageReference.parse("example.org/a:1"),
        ONE,
        TOC,
        List.of(TWO),
        new LayerSource.Asked("", false));
  }

  @Test
  void whoPullsMayTakeItUnverified() throws Exception {
    Map<String, String> labels = new HashMap<>(cri());
    labels.putAll(labels("remote/stargz.skipverify", "true"));
    assertTrue(SnapshotLabels.read(labels).asked().mayBeUnverified());
  }

  @Test
  void whoAskedIsKnown() throws Exception {
    Map<String, String> labels = new HashMap<>(cri());
    labels.put(SnapshotLabel.NAMESPACE, "k8s.io");
    assertEquals("k8s.io", SnapshotLabels.read(labels).asked().namespace());
    assertEquals("", SnapshotLabels.read(cri()).asked().namespace());
  }

  @Test
  void criIsUnderstood() throws Exception {
    assertEquals(expected(), SnapshotLabels.read(cri()));
  }

  @Test
  void thePeerIsUnderstood() throws Exception {
    Map<String, String> labels =
        labels(
            "remote/stargz.reference",
            "example.org/a:1",
            "remote/stargz.digest",
            ONE.toString(),
            "remote/stargz.layers",
            ONE + "," + TWO,
            "remote/urls",
            "ipfs://x",
            "stargz/toc.digest",
            TOC.toString());
    assertEquals(expected(), SnapshotLabels.read(labels));
  }

  @Test
  void criComesFirst() throws Exception {
    Map<String, String> labels = new HashMap<>(cri());
    labels.putAll(labels("remote/stargz.reference", "x/y", "remote/stargz.digest", TWO.toString()));
    assertEquals(expected(), SnapshotLabels.read(labels));
  }

  @Test
  void aListThatWasCutIsReadAsFarAsItGoes() throws Exception {
    Map<String, String> labels = new HashMap<>(cri());
    labels.put("containerd.io/snapshot/cri.image-layers", TWO + "," + ONE + ",sha256:33");
    assertEquals(List.of(TWO), SnapshotLabels.read(labels).neighbours());
  }

  @Test
  void withoutAnImageNothingIsLazy() {
    assertThrows(NotLazyException.class, () -> SnapshotLabels.read(Map.of()));
    Map<String, String> labels = new HashMap<>(cri());
    labels.remove("containerd.io/snapshot/cri.image-ref");
    assertThrows(NotLazyException.class, () -> SnapshotLabels.read(labels));
  }

  @Test
  void whatIsNoReferenceAndNoDigestIsRefused() {
    for (String name : List.of("cri.image-ref", "cri.layer-digest", "stargz/toc.digest")) {
      Map<String, String> labels = new HashMap<>(cri());
      labels.put("containerd.io/snapshot/" + name, "../../../etc");
      assertThrows(NotLazyException.class, () -> SnapshotLabels.read(labels), name);
    }
  }
}
