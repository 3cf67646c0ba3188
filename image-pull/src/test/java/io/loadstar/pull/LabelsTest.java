package io.loadstar.pull;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.Digest;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageProcess;
import io.loadstar.oci.ImageReference;
import io.loadstar.oci.MediaTypes;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The labels that need no containerd to be looked at. */
class LabelsTest {

  private static final ImageProcess NOTHING = new ImageProcess(List.of(), List.of(), List.of());

  private static final int LAYERS = 200;
  private static final String REMOTE = SnapshotLabels.REMOTE;

  private static ResolvedImage manyLayers() {
    List<Digest> digests =
        IntStream.range(0, LAYERS).mapToObj(i -> Digest.of(new byte[] {(byte) i})).toList();
    ImageDocument document = ImageDocument.of(MediaTypes.OCI_MANIFEST, new byte[] {1});
    return new ResolvedImage(
        ImageReference.parse("example.org/a:b"),
        document,
        document,
        digests.stream()
            .map(digest -> Descriptor.of(MediaTypes.OCI_LAYER_GZIP, digest, 1))
            .toList(),
        document,
        digests,
        digests,
        NOTHING);
  }

  @Test
  void theListOfLayersIsCutToWholeDigestsThatContainerdTakes() {
    SnapshotLabels.of(manyLayers(), 0, PullRequest.Promise.REQUIRED)
        .forEach((key, value) -> assertTrue(ContentLabels.fits(key, value), key));
    String layers =
        SnapshotLabels.of(manyLayers(), 0, PullRequest.Promise.REQUIRED)
            .get("containerd.io/snapshot/cri.image-layers");
    int digestLength = "sha256:".length() + 64;
    assertEquals(0, (String.valueOf(layers).length() + 1) % (digestLength + 1));
    assertTrue(String.valueOf(layers).length() > 4000 - digestLength);
  }

  @Test
  void onlyWhoPullsCanSayThatNoPromiseIsNeeded() {
    String annotated = "containerd.io/snapshot/stargz/toc.digest";
    ResolvedImage image =
        withAnnotations(
            Map.of(annotated, "sha256:1", SnapshotLabels.UNVERIFIED, "true", REMOTE, "yes"));
    Map<String, String> labels = SnapshotLabels.of(image, 0, PullRequest.Promise.REQUIRED);
    assertEquals("sha256:1", labels.get(annotated));
    assertFalse(labels.containsKey(SnapshotLabels.UNVERIFIED));
    assertFalse(labels.containsKey(REMOTE));
    assertEquals(
        "true",
        SnapshotLabels.of(image, 0, PullRequest.Promise.NOT_REQUIRED)
            .get(SnapshotLabels.UNVERIFIED));
  }

  private static ResolvedImage withAnnotations(Map<String, String> annotations) {
    ResolvedImage image = manyLayers();
    Descriptor layer = image.layers().getFirst();
    for (Map.Entry<String, String> annotation : annotations.entrySet()) {
      layer = layer.withAnnotation(annotation.getKey(), annotation.getValue());
    }
    return new ResolvedImage(
        image.image(),
        image.target(),
        image.manifest(),
        List.of(layer),
        image.config(),
        image.diffIds().subList(0, 1),
        image.chainIds().subList(0, 1),
        NOTHING);
  }

  @Test
  void theSourceOfContentIsItsHostWithoutThePort() {
    assertEquals(
        Map.of("containerd.io/distribution.source.localhost", "a/b"),
        ContentLabels.source(ImageReference.parse("localhost:5000/a/b:c"), Map.of()));
    assertEquals(
        Map.of("containerd.io/distribution.source.docker.io", "library/a"),
        ContentLabels.source(ImageReference.parse("a"), Map.of()));
  }

  @Test
  void anotherRepositoryOfTheSameContentIsAdded() {
    String key = "containerd.io/distribution.source.example.org";
    ImageReference image = ImageReference.parse("example.org/a:b");
    assertEquals(Map.of(key, "z,a"), ContentLabels.source(image, Map.of(key, "z")));
    assertEquals(Map.of(), ContentLabels.source(image, Map.of(key, "z,a")));
    assertEquals(Map.of(), ContentLabels.source(image, Map.of(key, "z".repeat(4050))));
  }
}
