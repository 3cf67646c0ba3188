package io.loadstar.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class NamespacedKeyTest {

  @Test
  void containerdsKeysTellWhoAsks() {
    assertEquals(
        Map.of("a", "b", SnapshotLabel.NAMESPACE, "k8s.io"),
        NamespacedKey.labelled("k8s.io/12/extract-1 sha256:x", Map.of("a", "b")));
    assertEquals(
        Map.of(SnapshotLabel.NAMESPACE, "default"),
        NamespacedKey.labelled("default/1/", Map.of(SnapshotLabel.NAMESPACE, "moby")));
  }

  @Test
  void anyOtherKeySaysNothingNorDoesItsLabel() {
    for (String key : new String[] {"", "key", "k8s.io/x/key", "/1/key", "-/1/key", "k8s.io/1"}) {
      assertEquals(
          Map.of(), NamespacedKey.labelled(key, Map.of(SnapshotLabel.NAMESPACE, "moby")), key);
    }
  }
}
