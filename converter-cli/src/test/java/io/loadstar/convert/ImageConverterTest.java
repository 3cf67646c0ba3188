package io.loadstar.convert;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.loadstar.blob.BlobSource;
import io.loadstar.blob.Digest;
import io.loadstar.blob.DigestMismatchException;
import io.loadstar.build.BuildOptions;
import io.loadstar.build.LayerBuilder;
import io.loadstar.convert.LayerReport.State;
import io.loadstar.format.BlobFormat;
import io.loadstar.format.LayerBlob;
import io.loadstar.format.StargzFooter;
import io.loadstar.layout.LayoutException;
import io.loadstar.layout.LayoutImageDestination;
import io.loadstar.layout.LayoutImageSource;
import io.loadstar.layout.OciLayout;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageConfig;
import io.loadstar.oci.ImageDestination;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageIndex;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.JsonDocument;
import io.loadstar.oci.Manifest;
import io.loadstar.oci.MediaTypes;
import io.loadstar.oci.Platform;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ImageConverterTest {

  @TempDir Path directory;

  private LayerBuilder builder;
  private Path work;
  private final List<String> notices = new CopyOnWriteArrayList<>();
  private final List<Descriptor> reads = new CopyOnWriteArrayList<>();
  private final List<Descriptor> writes = new CopyOnWriteArrayList<>();

  @BeforeEach
  void start() throws IOException {
    builder = new LayerBuilder(2);
    work = Files.createDirectory(directory.resolve("work"));
  }

  @AfterEach
  void stop() {
    builder.close();
  }

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
  void aLayerThatIsNoTarFailsAndLeavesNothing() throws Exception {
    TestImage image =
        new TestImage(TestImage.Family.OCI, "amd64")
            .blob(TestImage.nonsense(), Digest.of(TestImage.nonsense()));
    publish("src", image);
    Path target = directory.resolve("target");
    ConversionException e =
        assertThrows(
            ConversionException.class,
            () -> {
              try (ImageDestination destination =
                  new LayoutImageDestination(OciLayout.openOrCreate(target), "x")) {
                convert("src", destination, options(), builder);
              }
            });
    assertTrue(
        String.valueOf(e.getMessage())
            .contains("layer " + Digest.of(TestImage.nonsense()) + " of oci:"));
    assertFalse(Files.exists(target));
    assertEquals(List.of(), files(work));
  }

  @Test
  void aDamagedLayerIsAMismatchAndNotAMalformedTar() throws Exception {
    publish("src", image(TestImage.Family.OCI, "amd64", 1));
    Descriptor layer = Manifest.parse(source("src").resolve()).layers().getFirst();
    Path file = layout().resolve("blobs/sha256").resolve(layer.digest().hex());
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 0x55;
    Files.write(file, bytes);
    assertThrows(DigestMismatchException.class, () -> convert("src", "dst", options()));
    assertThrows(LayoutException.NotFound.class, () -> source("dst").resolve());
    assertEquals(List.of(), files(work));
  }

  @Test
  void aConfigThatDoesNotFitIsRefused() throws Exception {
    ImageDocument document = image(TestImage.Family.OCI, "amd64", 1, 2).store(destination("x"));
    Manifest manifest = Manifest.parse(document);
    destination("src")
        .publish(manifest.withLayers(List.of(manifest.layers().getFirst())).toDocument());
    assertThrows(ConversionException.class, () -> convert("src", "dst", options()));
  }

  @Test
  void anInterruptedConversionLeavesNothing() throws Exception {
    publish("src", image(TestImage.Family.OCI, "amd64", 1, 2));
    CountDownLatch reading = new CountDownLatch(1);
    CompletableFuture<Throwable> ended = new CompletableFuture<>();
    Thread thread =
        Thread.ofVirtual()
            .start(() -> {
              try {
                new ImageConverter(
                        new ImageConverter.Places(source("src"), destination("dst")),
                        builder,
                        options(),
                        new Recorder() {
                          @Override
                          public void read(Descriptor blob, long bytes) {
                            reading.countDown();
                          }
                        })
                    .convert(source("src").resolve());
                ended.complete(new AssertionError("it wasn't interrupted"));
              } catch (IOException | RuntimeException e) {
                ended.complete(e);
              }
            });
    assertTrue(reading.await(20, TimeUnit.SECONDS));
    thread.interrupt();
    Throwable thrown = ended.get(20, TimeUnit.SECONDS);
    assertTrue(thrown instanceof IOException, String.valueOf(thrown));
    assertThrows(LayoutException.NotFound.class, () -> source("dst").resolve());
    assertEquals(List.of(), files(work));
    assertTrue(
        files(layout().resolve("blobs/sha256")).stream()
            .noneMatch(file -> file.getFileName().toString().startsWith(".")));
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

  private TestImage image(TestImage.Family family, String architecture, int... seeds)
      throws IOException, InterruptedException {
    TestImage image = new TestImage(family, architecture);
    for (int seed : seeds) {
      Path root = directory.resolve("tree-" + seed);
      if (!Files.exists(root)) {
        TestImage.plant(root, seed);
      }
      image.layer(root);
    }
    return image;
  }

  private void publish(String tag, TestImage image) throws IOException {
    ImageDestination destination = destination(tag);
    destination.publish(image.store(destination));
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

  private ConversionReport convert(String from, String to, ConversionOptions options)
      throws IOException {
    return convert(from, destination(to), options, builder);
  }

  private ConversionReport convert(
      String from, ImageDestination to, ConversionOptions options, LayerBuilder with)
      throws IOException {
    ImageSource source = source(from);
    return new ImageConverter(new ImageConverter.Places(source, to), with, options, new Recorder())
        .convert(source.resolve());
  }

  private ConversionOptions options(String... platforms) {
    return ConversionOptions.of(
            BuildOptions.DEFAULT.withChunkSize(1 << 19).withCompressionLevel(1), work)
        .withPlatforms(
            platforms.length == 0
                ? PlatformChoice.present()
                : PlatformChoice.of(Arrays.stream(platforms).map(Platform::parse).toList()));
  }

  private Path layout() {
    return directory.resolve("layout");
  }

  private ImageDestination destination(String tag) throws IOException {
    return new LayoutImageDestination(OciLayout.openOrCreate(layout()), tag);
  }

  private ImageSource source(String tag) throws IOException {
    return new LayoutImageSource(OciLayout.open(layout()), tag);
  }

  private byte[] blob(String tag, Descriptor descriptor) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (BlobSource blob = source(tag).openBlob(descriptor)) {
      io.loadstar.oci.BlobContent.of(blob).writeTo(out);
    }
    return out.toByteArray();
  }

  private ObjectNode json(String tag, Descriptor descriptor) throws IOException {
    return JsonDocument.parse(source(tag).smallBlob(descriptor), "document");
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  private class Recorder implements ConversionListener {
    @Override
    public void readStarted(Descriptor blob) {
      reads.add(blob);
    }

    @Override
    public void read(Descriptor blob, long bytes) {}

    @Override
    public void readEnded(Descriptor blob) {}

    @Override
    public void writeStarted(Descriptor blob) {
      writes.add(blob);
    }

    @Override
    public void written(Descriptor blob, long bytes) {}

    @Override
    public void writeEnded(Descriptor blob) {}

    @Override
    public void layerDone(LayerReport layer) {}

    @Override
    public void notice(String line) {
      notices.add(line);
    }
  }
}
