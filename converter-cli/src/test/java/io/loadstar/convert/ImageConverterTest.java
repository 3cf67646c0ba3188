package io.loadstar.convert;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.loadstar.blob.BlobSource;
import io.loadstar.blob.Digest;
import io.loadstar.build.BuildOptions;
import io.loadstar.build.LayerBuilder;
import io.loadstar.convert.LayerReport.State;
import io.loadstar.format.BlobFormat;
import io.loadstar.format.LayerBlob;
import io.loadstar.format.StargzFooter;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageConfig;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.JsonDocument;
import io.loadstar.oci.Manifest;
import io.loadstar.oci.MediaTypes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** One image converted: its layers, its config, and what is left as it is. */
final class ImageConverterTest extends ConversionRig {
  @Test
  void layersConfigAndManifestFitTogether() throws Exception {
    publish("src", image(TestImage.Family.OCI, "amd64", 1, 2));
    ConversionReport report = convert("src", "dst", options());

    ImageDocument result = source("dst").resolve();
    assertEquals(report.result(), result.digest());
    Manifest manifest = Manifest.parse(result);
    ImageConfig config = ImageConfig.parse(source("dst").smallBlob(manifest.config()), "config");
    assertEquals(2, config.diffIds().size());
    for (int i = 0; i < 2; i++) {
      Descriptor layer = manifest.layers().get(i);
      byte[] blob = blob("dst", layer);
      byte[] tar = TestImage.gunzip(blob);
      assertEquals(layer.digest(), Digest.of(blob));
      assertEquals(config.diffIds().get(i), Digest.of(tar));
      assertEquals(
          Integer.toString(tar.length),
          layer.annotations().get("io.containers.estargz.uncompressed-size"));
      Digest toc =
          Digest.parse(
              String.valueOf(layer.annotations().get("containerd.io/snapshot/stargz/toc.digest")));
      try (BlobSource opened = source("dst").openBlob(layer)) {
        LayerBlob.open(opened).toc().verify(toc);
      }
      assertEquals("<yes>", layer.annotations().get("test.kept"));
    }
  }

  @Test
  void nothingElseChanges() throws Exception {
    publish("src", image(TestImage.Family.OCI, "amd64", 1));
    convert("src", "dst", options());
    ObjectNode before = json("src", source("src").resolve().descriptor());
    ObjectNode after = json("dst", source("dst").resolve().descriptor());
    ObjectNode configBefore = json("src", Manifest.parse(source("src").resolve()).config());
    ObjectNode configAfter = json("dst", Manifest.parse(source("dst").resolve()).config());
    assertNotEquals(configBefore, configAfter);
    configBefore.withObject("/rootfs").remove("diff_ids");
    configAfter.withObject("/rootfs").remove("diff_ids");
    assertEquals(
        new String(JsonDocument.write(configBefore), UTF_8),
        new String(JsonDocument.write(configAfter), UTF_8));
    for (ObjectNode manifest : List.of(before, after)) {
      manifest.remove(List.of("config", "layers"));
    }
    assertEquals(
        new String(JsonDocument.write(before), UTF_8),
        new String(JsonDocument.write(after), UTF_8));
  }

  @Test
  void dockersMediaTypesBecomeOcis() throws Exception {
    publish("src", image(TestImage.Family.DOCKER, "amd64", 1));
    convert("src", "dst", options());
    ImageDocument result = source("dst").resolve();
    Manifest manifest = Manifest.parse(result);
    assertEquals(MediaTypes.OCI_MANIFEST, result.mediaType());
    assertEquals(
        MediaTypes.OCI_MANIFEST, JsonDocument.parse(result.bytes(), "m").get("mediaType").asText());
    assertEquals(MediaTypes.OCI_CONFIG, manifest.config().mediaType());
    assertEquals(MediaTypes.OCI_LAYER_GZIP, manifest.layers().getFirst().mediaType());
  }

  @Test
  void theResultDependsOnImageAndOptionsOnly() throws Exception {
    publish("src", image(TestImage.Family.OCI, "amd64", 1, 2));
    Digest first = convert("src", "one", options()).result();
    try (LayerBuilder other = new LayerBuilder(1)) {
      Digest second = convert("src", destination("two"), options(), other).result();
      assertEquals(first, second);
    }
    ConversionOptions footer =
        ConversionOptions.of(
            BuildOptions.DEFAULT.withFormat(new BlobFormat.EStargz(StargzFooter.SUBFIELD)), work);
    assertNotEquals(first, convert("src", "three", footer).result());
  }

  @Test
  void whatIsConvertedStaysAsItIs() throws Exception {
    publish("src", image(TestImage.Family.OCI, "amd64", 1));
    Digest once = convert("src", "dst", options()).result();
    ConversionReport twice = convert("dst", "again", options());
    assertEquals(once, twice.result());
    assertEquals(State.KEPT, twice.images().getFirst().layers().getFirst().state());
  }

  @Test
  void aLayerThatOnlySaysItIsConvertedIsConverted() throws Exception {
    publish("src", image(TestImage.Family.OCI, "amd64", 1));
    Digest right = convert("src", "right", options()).result();
    Manifest manifest = Manifest.parse(source("src").resolve());
    Descriptor lying =
        manifest
            .layers()
            .getFirst()
            .withAnnotation(
                "containerd.io/snapshot/stargz/toc.digest", Digest.of(new byte[1]).toString());
    destination("src").publish(manifest.withLayers(List.of(lying)).toDocument());
    ConversionReport report = convert("src", "dst", options());
    assertEquals(State.CONVERTED, report.images().getFirst().layers().getFirst().state());
    assertEquals(
        Manifest.parse(source("right").manifest(source("right").resolve().descriptor()))
            .layers()
            .getFirst()
            .digest(),
        report.images().getFirst().layers().getFirst().after().digest());
    assertNotEquals(null, right);
    assertEquals(1, notices.size());
  }

  @Test
  void aBlobThatIsInTheImageTwiceIsConvertedOnce() throws Exception {
    publish("src", image(TestImage.Family.OCI, "amd64", 1, 2, 1));
    ConversionReport report = convert("src", "dst", options());
    assertEquals(2, reads.size());
    assertEquals(3, report.images().getFirst().layers().size());
    Manifest manifest = Manifest.parse(source("dst").resolve());
    assertEquals(manifest.layers().get(0).digest(), manifest.layers().get(2).digest());
  }

  @Test
  void whatIsThereAlreadyIsNotStoredAgain() throws Exception {
    publish("src", image(TestImage.Family.OCI, "amd64", 1));
    convert("src", "dst", options());
    int stored = writes.size();
    convert("src", "dst", options());
    assertEquals(stored, writes.size());
  }

  @Test
  void aLayerThatWasConvertedBeforeIsFoundAgainIfItIsWhatItWas() throws Exception {
    publish("src", image(TestImage.Family.OCI, "amd64", 1, 2));
    Path records = directory.resolve("records");
    ConversionOptions recording = options().withRecords(LayerRecords.in(records));
    ConversionReport first = convert("src", "dst", recording);
    reads.clear();
    ConversionReport second = convert("src", "again", recording);
    assertEquals(first.result(), second.result());
    assertEquals(List.of(), reads);
    assertEquals(State.REUSED, second.images().getFirst().layers().getFirst().state());

    ConversionOptions other =
        ConversionOptions.of(BuildOptions.DEFAULT.withCompressionLevel(1), work)
            .withRecords(LayerRecords.in(records));
    convert("src", "other", other);
    assertEquals(2, reads.size(), "other options are another conversion");

    reads.clear();
    Digest blob = first.images().getFirst().layers().getFirst().after().digest();
    Path file = layout().resolve("blobs/sha256").resolve(blob.hex());
    byte[] damaged = Files.readAllBytes(file);
    damaged[damaged.length - 200] ^= 1;
    Files.write(file, damaged);
    convert("src", "again", recording);
    assertEquals(1, reads.size());
    try (Stream<Path> files = Files.list(records)) {
      for (Path record : files.toList()) {
        Files.writeString(record, "{\"blob\": 3}");
      }
    }
    assertEquals(first.result(), convert("src", "again", recording).result());
  }
}
