package io.loadstar.convert;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.loadstar.blob.Digest;
import io.loadstar.layout.LayoutImageDestination;
import io.loadstar.layout.LayoutImageSource;
import io.loadstar.layout.OciLayout;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDestination;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageIndex;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.Manifest;
import io.loadstar.oci.Platform;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Indexes: their images, and what is about those. */
final class IndexConversionTest extends ConversionRig {
  @Test
  void eachImageOfAnIndexIsConverted() throws Exception {
    publishIndex();
    ConversionReport report = convert("index", "dst", options());
    ImageIndex index = ImageIndex.parse(source("dst").resolve());
    assertEquals(2, index.manifests().size());
    assertEquals(
        List.of("linux/amd64", "linux/arm64"),
        report.images().stream().map(ConversionReport.Image::platform).toList());
    for (int i = 0; i < 2; i++) {
      Descriptor entry = index.manifests().get(i);
      assertEquals(report.images().get(i).after(), entry.digest());
      assertEquals("kept", entry.annotations().get("test.entry"));
      Manifest manifest = Manifest.parse(source("dst").manifest(entry));
      assertTrue(
          manifest
              .layers()
              .getFirst()
              .annotations()
              .containsKey("containerd.io/snapshot/stargz/toc.digest"));
    }
    assertEquals(1, notices.size(), notices.toString());
    assertTrue(notices.getFirst().contains("is dropped"), notices.toString());
  }

  @Test
  void attestationsCanBeKeptAndArePointedToTheNewImage() throws Exception {
    publishIndex();
    ConversionReport report =
        convert("index", "dst", options().withAttestations(Attestations.KEEP));
    Descriptor before = ImageIndex.parse(source("index").resolve()).manifests().get(2);
    Descriptor after = ImageIndex.parse(source("dst").resolve()).manifests().get(2);
    assertEquals(before.digest(), after.digest());
    assertEquals(
        report.images().getFirst().after().toString(),
        after.annotations().get("vnd.docker.reference.digest"));
    source("dst").manifest(after.withoutAnnotation("vnd.docker.reference.digest"));
    assertTrue(notices.getFirst().contains("is kept"), notices.toString());
  }

  @Test
  void attestationsOfImagesThatDoNotChangeStay() throws Exception {
    publishIndex();
    ConversionOptions keeping = options().withAttestations(Attestations.KEEP);
    Digest once = convert("index", "dst", keeping).result();
    assertEquals(once, convert("dst", "again", options()).result());
  }

  @Test
  void whatNobodyKnowsComesOverAsItIs() throws Exception {
    publishIndex();
    byte[] bytes = "anything".getBytes(UTF_8);
    Descriptor unknown =
        Descriptor.of("application/vnd.example.unknown", Digest.of(bytes), bytes.length)
            .withAnnotation("a", "b");
    ImageDestination destination = destination("index");
    destination.putBlob(unknown, io.loadstar.oci.BlobContent.of(bytes));
    List<Descriptor> entries =
        new ArrayList<>(ImageIndex.parse(source("index").resolve()).manifests());
    entries.add(1, unknown);
    destination.publish(ImageIndex.of(entries).toDocument());
    convert("index", "dst", options());
    assertEquals(unknown, ImageIndex.parse(source("dst").resolve()).manifests().get(1));
    assertEquals("anything", new String(source("dst").smallBlob(unknown), UTF_8));
  }

  @Test
  void onePlatformOfAnIndexCanBeChosen() throws Exception {
    publishIndex();
    convert("index", "dst", options("linux/arm64"));
    ImageIndex index = ImageIndex.parse(source("dst").resolve());
    assertEquals(
        List.of(Platform.parse("linux/arm64")),
        index.manifests().stream().flatMap(entry -> entry.platform().stream()).toList());
    ConversionException e =
        assertThrows(
            ConversionException.class, () -> convert("index", "x", options("linux/s390x")));
    assertTrue(String.valueOf(e.getMessage()).contains("linux/amd64, linux/arm64"));
  }

  @Test
  void aCopyIsTheSameImage() throws Exception {
    publishIndex();
    Path other = directory.resolve("other");
    try (ImageDestination destination =
        new LayoutImageDestination(OciLayout.openOrCreate(other), "copy")) {
      long stored =
          new ImageCopier(
                  new ImageConverter.Places(source("index"), destination),
                  PlatformChoice.all(),
                  new Recorder())
              .copy(source("index").resolve())
              .storedBytes();
      assertTrue(stored > 0);
    }
    ImageSource copied = new LayoutImageSource(OciLayout.open(other), "copy");
    assertEquals(source("index").resolve().digest(), copied.resolve().digest());
    for (Descriptor entry : ImageIndex.parse(copied.resolve()).manifests()) {
      Manifest manifest = Manifest.parse(copied.manifest(entry));
      copied.smallBlob(manifest.config());
      for (Descriptor layer : manifest.layers()) {
        copied.smallBlob(layer);
      }
    }
  }

  private void publishIndex() throws IOException, InterruptedException {
    List<Descriptor> entries = new ArrayList<>();
    ImageDestination destination = destination("index");
    for (String architecture : List.of("amd64", "arm64")) {
      ImageDocument manifest =
          image(TestImage.Family.DOCKER, architecture, architecture.equals("amd64") ? 1 : 2)
              .store(destination);
      destination.putManifest(manifest);
      ObjectNode entry = manifest.descriptor().withAnnotation("test.entry", "kept").toJson();
      entry.putObject("platform").put("os", "linux").put("architecture", architecture);
      entries.add(Descriptor.parse(entry, "entry"));
    }
    ImageDocument attestation = image(TestImage.Family.OCI, "unknown", 1).store(destination);
    destination.putManifest(attestation);
    entries.add(
        attestation
            .descriptor()
            .withAnnotation("vnd.docker.reference.type", "attestation-manifest")
            .withAnnotation("vnd.docker.reference.digest", entries.getFirst().digest().toString()));
    destination.publish(ImageIndex.of(entries).toDocument());
  }
}
