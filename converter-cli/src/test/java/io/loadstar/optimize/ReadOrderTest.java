package io.loadstar.optimize;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.build.PrioritizedFiles;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.MediaTypes;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which files go first in which layer. */
class ReadOrderTest {

  private static final Digest MANIFEST = digest("manifest");
  private static final Digest OTHER = digest("other");
  private static final Descriptor LOWER = layer("lower");
  private static final Descriptor UPPER = layer("upper");

  private static Digest digest(String text) {
    return Digest.of(text.getBytes(StandardCharsets.UTF_8));
  }

  private static Descriptor layer(String text) {
    return Descriptor.of(MediaTypes.OCI_LAYER_GZIP, digest(text), 1);
  }

  private static Map<Digest, PrioritizedFiles> priorities(
      List<Descriptor> layers, RecordedFile... files) {
    return new ReadOrder(List.of(files)).priorities(MANIFEST, layers).layers();
  }

  private static PrioritizedFiles first(String... paths) {
    return new PrioritizedFiles(List.of(paths), PrioritizedFiles.Absent.SKIP);
  }

  @Test
  void aFileGoesFirstInTheLayerThatItWasReadFrom() {
    assertEquals(
        Map.of(LOWER.digest(), first("b", "a"), UPPER.digest(), first("a", "c")),
        priorities(
            List.of(LOWER, UPPER),
            new RecordedFile("a", MANIFEST, 1),
            new RecordedFile("b", MANIFEST, 0),
            new RecordedFile("a", MANIFEST, 0),
            new RecordedFile("c", MANIFEST, 1),
            new RecordedFile("a", MANIFEST, 1)));
  }

  @Test
  void aFileOfAnotherImageGoesFirstWhereverItIs() {
    assertEquals(
        Map.of(LOWER.digest(), first("a", "b", "d"), UPPER.digest(), first("a", "b", "c", "d")),
        priorities(
            List.of(LOWER, UPPER),
            new RecordedFile("a", OTHER, 0),
            new RecordedFile("b", null, 0),
            new RecordedFile("c", MANIFEST, 1),
            new RecordedFile("d", MANIFEST, 2)));
  }

  /** Of a file that is recorded twice in different ways, all may be read. */
  @Test
  void partsOfAFileGoWithIt() {
    List<ByteRange> parts = List.of(new ByteRange(0, 10));
    List<ByteRange> others = List.of(new ByteRange(5, 10));
    assertEquals(
        Map.of(
            LOWER.digest(),
            first("/a", "b", "c", "d").withParts(Map.of("a", parts, "d", parts)),
            UPPER.digest(),
            first("d").withParts(Map.of("d", parts))),
        priorities(
            List.of(LOWER, UPPER),
            new RecordedFile("/a", MANIFEST, 0, parts),
            new RecordedFile("b", MANIFEST, 0, parts),
            new RecordedFile("b", MANIFEST, 0, others),
            new RecordedFile("c", MANIFEST, 0),
            new RecordedFile("c", MANIFEST, 0, parts),
            new RecordedFile("/a", MANIFEST, 0, parts),
            new RecordedFile("d", null, RecordedFile.ANY_LAYER, parts)));
  }

  @Test
  void aLayerThatStandsTwiceHasAllThatWasReadOfIt() {
    assertEquals(
        Map.of(LOWER.digest(), first("a", "b")),
        priorities(
            List.of(LOWER, LOWER),
            new RecordedFile("a", MANIFEST, 1),
            new RecordedFile("b", MANIFEST, 0)));
  }

  @Test
  void aLayerOfWhichNothingWasReadHasNothingFirst() {
    assertEquals(Map.of(UPPER.digest(), first()), priorities(List.of(UPPER)));
  }
}
