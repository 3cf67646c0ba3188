package io.loadstar.oci;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.loadstar.blob.Digest;
import io.loadstar.blob.DigestMismatchException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ImageDocumentsTest {

  private static final Digest A = Digest.of("a".getBytes(UTF_8));
  private static final Digest B = Digest.of("b".getBytes(UTF_8));

  private static final String MANIFEST =
      """
      {"schemaVersion":2,"mediaType":"%s","x-first":[1.50,{"deep":null}],
       "config":{"mediaType":"%s","digest":"%s","size":3,"x":"y"},
       "layers":[{"mediaType":"%s","digest":"%s","size":7,"urls":["https://elsewhere"],"data":"YQ==",
                  "annotations":{"kept":"<&>"},"x-unknown":12345678901234567890}],
       "annotations":{"a":"b"},"x-last":true}
      """
          .formatted(
              MediaTypes.DOCKER_MANIFEST,
              MediaTypes.DOCKER_CONFIG,
              A,
              MediaTypes.DOCKER_LAYER_GZIP,
              B);

  @Test
  void aChangedManifestDiffersInWhatWasChangedAndNothingElse() throws IOException {
    Manifest manifest = manifest(MANIFEST);
    Descriptor layer =
        manifest
            .layers()
            .getFirst()
            .withContent(A, 9)
            .withMediaType(MediaTypes.OCI_LAYER_GZIP)
            .withAnnotation("new", "1");
    Manifest changed = manifest.withLayers(List.of(layer)).withMediaType(MediaTypes.OCI_MANIFEST);

    String expected =
        MANIFEST
            .replace(MediaTypes.DOCKER_MANIFEST, MediaTypes.OCI_MANIFEST)
            .replace(MediaTypes.DOCKER_LAYER_GZIP, MediaTypes.OCI_LAYER_GZIP)
            .replace("\"" + B + "\",\"size\":7", "\"" + A + "\",\"size\":9")
            .replace(",\"urls\":[\"https://elsewhere\"],\"data\":\"YQ==\"", "")
            .replace("\"kept\":\"<&>\"", "\"kept\":\"<&>\",\"new\":\"1\"")
            .replaceAll("\\s", "");
    assertEquals(expected, new String(changed.toDocument().bytes(), UTF_8));
  }

  @Test
  void anUnchangedDocumentKeepsItsBytes() {
    ImageDocument document = ImageDocument.of(MediaTypes.DOCKER_MANIFEST, MANIFEST.getBytes(UTF_8));
    assertEquals(Digest.of(MANIFEST.getBytes(UTF_8)), document.digest());
    assertEquals(MANIFEST, new String(document.bytes(), UTF_8));
  }

  @Test
  void aDocumentOfTwoKindsIsRefused() {
    String both = MANIFEST.replace("\"x-last\"", "\"manifests\":[],\"x-last\"");
    assertThrows(MalformedDocumentException.class, () -> manifest(both));
  }

  @Test
  void aKeyThatOccursTwiceIsRefused() {
    String twice = MANIFEST.replace("\"x-last\"", "\"layers\":[],\"x-last\"");
    assertThrows(MalformedDocumentException.class, () -> manifest(twice));
  }

  @Test
  void deepNestingAndOtherNonsenseIsRefusedWithATypedError() {
    for (String hostile :
        List.of(
            "",
            "[]",
            "{",
            "{} {}",
            "{\"config\":1}",
            "{\"config\":{\"mediaType\":\"x\",\"digest\":\"sha256:zz\",\"size\":1}}",
            MANIFEST.replace("\"size\":7", "\"size\":-7"),
            MANIFEST.replace("\"size\":7", "\"size\":1e99"),
            "{\"a\":".repeat(5000) + "1" + "}".repeat(5000))) {
      assertThrows(MalformedDocumentException.class, () -> manifest(hostile), hostile);
    }
  }

  @Test
  void goWritesNullForNoLayers() throws IOException {
    String none = MANIFEST.replaceAll("(?s)\"layers\":\\[.*?\\}\\],", "\"layers\":null,");
    assertEquals(List.of(), manifest(none).layers());
  }

  @Test
  void anIndexKnowsItsPlatforms() throws IOException {
    ObjectNode arm = Descriptor.of(MediaTypes.OCI_MANIFEST, A, 1).toJson();
    arm.putObject("platform").put("os", "linux").put("architecture", "arm64").put("variant", "v8");
    ObjectNode amd = Descriptor.of(MediaTypes.OCI_MANIFEST, B, 1).toJson();
    amd.putObject("platform").put("os", "linux").put("architecture", "amd64");
    ImageIndex index =
        ImageIndex.of(List.of(Descriptor.parse(arm, "arm"), Descriptor.parse(amd, "amd")));
    assertEquals(B, index.select(Platform.parse("linux/x86_64")).orElseThrow().digest());
    assertEquals(A, index.select(Platform.parse("linux/aarch64")).orElseThrow().digest());
    assertTrue(index.select(Platform.parse("windows/amd64")).isEmpty());
    assertEquals(
        index.manifests(), ImageIndex.parse(index.toDocument()).manifests(), "written and read");
  }

  @Test
  void platformsAreNormalised() {
    assertEquals(Platform.parse("linux/arm64"), Platform.parse("Linux/aarch64/v8"));
    assertEquals(Platform.parse("linux/arm/v7"), Platform.parse("linux/arm"));
    assertFalse(Platform.parse("linux/arm/v6").matches(Platform.parse("linux/arm/v7")));
    assertThrows(IllegalArgumentException.class, () -> Platform.parse("linux"));
    assertThrows(IllegalArgumentException.class, () -> Platform.parse("linux//v8"));
  }

  @Test
  void aConfigKeepsAllButItsDiffIds() throws IOException {
    String text =
        "{\"created\":\"2020\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"%s\"]},\"x\":[0.10]}";
    ImageConfig config = ImageConfig.parse(text.formatted(A).getBytes(UTF_8), "config");
    assertEquals(List.of(A), config.diffIds());
    assertEquals(
        text.formatted(B),
        new String(
            config.withDiffIds(List.of(B)).toDocument(MediaTypes.OCI_CONFIG).bytes(), UTF_8));
  }

  @Test
  void aConfigSaysWhatIsRun() throws IOException {
    String text = "{\"rootfs\":{\"diff_ids\":[]},\"config\":%s}";
    assertEquals(
        new ImageProcess(List.of("/start"), List.of("server", "-v"), List.of("/opt/bin", "/bin")),
        ImageConfig.parse(
                text.formatted(
                        "{\"Entrypoint\":[\"/start\"],\"Cmd\":[\"server\",\"-v\"],"
                            + "\"Env\":[\"A=/b\",\"PATH=/opt/bin:relative:/bin\"]}")
                    .getBytes(UTF_8),
                "config")
            .process());
    for (String nothing : List.of("null", "[]", "{\"Entrypoint\":null,\"Cmd\":7,\"Env\":[1]}")) {
      assertEquals(
          new ImageProcess(List.of(), List.of(), List.of()),
          ImageConfig.parse(text.formatted(nothing).getBytes(UTF_8), "config").process());
    }
  }

  @Test
  void chainIdsAreHashesOfChainIdAndDiffId() throws IOException {
    String text = "{\"rootfs\":{\"diff_ids\":[\"%s\",\"%s\"]}}".formatted(A, B);
    List<Digest> chain = ImageConfig.parse(text.getBytes(UTF_8), "config").chainIds();
    assertEquals(List.of(A, Digest.of((A + " " + B).getBytes(UTF_8))), chain);
  }

  @Test
  void theLastByteIsWithheldFromAWrongBlob() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    VerifyingOutput wrong = new VerifyingOutput(Descriptor.of("x", A, 2), out);
    wrong.write('q');
    assertThrows(DigestMismatchException.class, () -> wrong.write('r'));
    assertEquals(1, out.size());
    VerifyingOutput tooLong = new VerifyingOutput(Descriptor.of("x", A, 1), out);
    assertThrows(IOException.class, () -> tooLong.write(new byte[2]));
    VerifyingOutput tooShort = new VerifyingOutput(Descriptor.of("x", A, 1), out);
    assertThrows(IOException.class, tooShort::finish);
    VerifyingOutput right = new VerifyingOutput(Descriptor.of("x", A, 1), out);
    right.write('a');
    right.finish();
  }

  private static Manifest manifest(String text) throws IOException {
    return Manifest.parse(ImageDocument.of(MediaTypes.DOCKER_MANIFEST, text.getBytes(UTF_8)));
  }
}
