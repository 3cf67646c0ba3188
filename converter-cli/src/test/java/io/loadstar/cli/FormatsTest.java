package io.loadstar.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.loadstar.convert.TestImage;
import io.loadstar.layout.LayoutImageDestination;
import io.loadstar.layout.LayoutImageSource;
import io.loadstar.layout.OciLayout;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageConfig;
import io.loadstar.oci.ImageDestination;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.Manifest;
import io.loadstar.registry.DockerRegistry;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Images in every format, as a user makes and checks them, with other tools that read them. */
final class FormatsTest {

  private static final String TOC_DIGEST = "containerd.io/snapshot/stargz/toc.digest";

  @TempDir Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void makeImage() throws IOException, InterruptedException {
    Path lower = directory.resolve("lower");
    Path upper = directory.resolve("upper");
    TestImage.plant(lower, 1);
    TestImage.plant(upper, 2);
    ImageDestination destination =
        new LayoutImageDestination(OciLayout.openOrCreate(layout()), "src");
    destination.publish(
        new TestImage(TestImage.Family.OCI, "amd64").layer(lower).layer(upper).store(destination));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--format=estargz --min-chunk-size=64KiB --chunk-size=16KiB",
        "--format=zstd:chunked",
        "--format=zstd:chunked --lossless --min-chunk-size=64KiB",
        "--format=zstd:chunked --compression-level=19",
        "--format=zstd:chunked-podman",
        "--external-toc",
        "--external-toc --lossless",
      })
  void whatIsConvertedIsFoundRightAndTheSame(String options) throws IOException {
    convert(options, oci("src"), oci("lazy"));
    run(0, "verify", oci("lazy"));
    run(0, "diff", "--exit-code", oci("src"), oci("lazy"));
    run(0, "inspect", oci("lazy"));
    run(0, "toc", "--layer", "0", oci("lazy"));

    convert(options, oci("lazy"), oci("again"));
    assertEquals(manifest("lazy").layers(), manifest("again").layers());
  }

  @Test
  void aLosslessImageKeepsItsDiffIds() throws IOException {
    convert("--external-toc --lossless", oci("src"), oci("lazy"));
    assertEquals(config("src").diffIds(), config("lazy").diffIds());
    assertEquals(manifest("src").config(), manifest("lazy").config());
    convert("--format=zstd:chunked --lossless", oci("src"), oci("zstd"));
    assertEquals(config("src").diffIds(), config("zstd").diffIds());
  }

  @Test
  void tocsAreKeptBesideTheImageInARegistry() throws IOException {
    try (DockerRegistry registry = DockerRegistry.start(directory)) {
      String lazy = registry.host() + "/app:lazy";
      convert("--external-toc", oci("src"), lazy);
      assertTrue(err.toString().contains("/app:lazy-esgztoc"), err::toString);
      run(0, "verify", lazy);
      run(0, "copy", lazy, oci("copied"));
      run(1, "verify", oci("copied"));
      run(0, "copy", lazy + "-esgztoc", oci("copied-esgztoc"));
      run(0, "verify", oci("copied"));
    }
  }

  @Test
  void tocsThatHaveNoPlaceAreRefusedBeforeTheWork() throws IOException {
    run(1, "convert", "--external-toc", oci("src"), "oci-archive:" + directory.resolve("a.tar"));
    assertTrue(err.toString().contains("has no room for the image with the layers' TOCs"));
    assertFalse(Files.exists(directory.resolve("a.tar")));
  }

  @Test
  void theTwoKindsOfZstdAnnotationsAreNeverMixed() throws IOException {
    convert("--format=zstd:chunked", oci("src"), oci("lazy"));
    Map<String, String> ours = manifest("lazy").layers().getFirst().annotations();
    assertTrue(ours.containsKey(TOC_DIGEST));
    assertTrue(ours.containsKey("io.containers.zstd-chunked.manifest-checksum"));
    assertTrue(
        String.valueOf(ours.get("io.containers.zstd-chunked.manifest-position"))
            .matches("\\d+:\\d+:\\d+:1"));
    convert("--format=zstd:chunked-podman", oci("src"), oci("podman"));
    Map<String, String> podmans = manifest("podman").layers().getFirst().annotations();
    assertFalse(podmans.containsKey(TOC_DIGEST));
    assertTrue(podmans.containsKey("io.github.containers.zstd-chunked.manifest-checksum"));
  }

  @Test
  void aLayerOfAnotherFormatIsRewrittenAndOneOfTheSameKeptUnlessForced() throws IOException {
    convert("--format=estargz", oci("src"), oci("gzip"));
    assertEquals(List.of("converted", "converted"), states("--format=zstd:chunked", "gzip"));
    assertEquals(List.of("kept", "kept"), states("--format=estargz", "gzip"));
    assertEquals(List.of("converted", "converted"), states("--force", "gzip"));
  }

  @Test
  void anyOfTheAnnotationsThatIsWrongIsFound() throws IOException {
    convert("--format=zstd:chunked", oci("src"), oci("lazy"));
    for (String annotation :
        List.of(
            TOC_DIGEST,
            "io.containers.zstd-chunked.manifest-checksum",
            "io.containers.zstd-chunked.manifest-position")) {
      Manifest manifest = manifest("lazy");
      List<Descriptor> layers = new ArrayList<>(manifest.layers());
      String other = String.valueOf(layers.getLast().annotations().get(annotation));
      layers.set(0, layers.getFirst().withAnnotation(annotation, other));
      new LayoutImageDestination(OciLayout.openOrCreate(layout()), "wrong")
          .publish(manifest.withLayers(layers).toDocument());
      run(1, "verify", oci("wrong"));
      assertTrue(out.toString().contains(annotation), out::toString);
    }
  }

  @Test
  void whatMakesNoSenseIsMisuse() {
    run(2, "convert", "--lossless", oci("src"), oci("x"));
    run(2, "convert", "--format", "squashfs", oci("src"), oci("x"));
    run(2, "convert", "--format", "zstd:chunked", "--external-toc", oci("src"), oci("x"));
    run(2, "convert", "--format", "zstd:chunked", "--compression-level", "0", oci("src"), "oci:x");
  }

  @Test
  void skopeoCopiesAndOrdinaryToolsUnpackZstd() throws IOException, InterruptedException {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/skopeo")), "skipped: needs skopeo");
    convert("--format=zstd:chunked", oci("src"), oci("lazy"));
    tool(
        "skopeo",
        "--insecure-policy",
        "copy",
        "-q",
        oci("lazy"),
        "oci:" + directory.resolve("copied") + ":lazy");
    run(0, "verify", "oci:" + directory.resolve("copied") + ":lazy");
    for (Descriptor layer : manifest("lazy").layers()) {
      Path blob = layout().resolve("blobs/sha256").resolve(layer.digest().hex());
      tool("sh", "-ec", "zstd -t -q '" + blob + "'; zstd -dc '" + blob + "' | tar -t >/dev/null");
    }
  }

  @Test
  void whatPodmansLibraryWritesIsReadAndVerified() throws IOException, InterruptedException {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/skopeo")), "skipped: needs skopeo");
    String theirs = "oci:" + directory.resolve("theirs") + ":zstd";
    // Until version 1.43 it drops zeros behind the two blocks that end a tar: here are none.
    convert("--external-toc", oci("src"), oci("exact"));
    tool(
        "skopeo",
        "--insecure-policy",
        "copy",
        "-q",
        "--dest-compress",
        "--dest-compress-format",
        "zstd:chunked",
        oci("exact"),
        "dir:" + directory.resolve("dir"));
    tool("skopeo", "--insecure-policy", "copy", "-q", "dir:" + directory.resolve("dir"), theirs);
    run(0, "inspect", theirs);
    assertTrue(out.toString().contains("zstd:chunked, footer of 48 bytes"), out::toString);
    run(0, "verify", theirs);
    run(0, "diff", "--exit-code", oci("src"), theirs);
  }

  private List<String> states(String options, String source) throws IOException {
    out.getBuffer().setLength(0);
    convert("--json " + options, oci(source), oci("next"));
    JsonNode json = new ObjectMapper().readTree(out.toString());
    List<String> states = new ArrayList<>();
    json.at("/images/0/layers").forEach(layer -> states.add(layer.get("state").asText()));
    return states;
  }

  private void convert(String options, String source, String destination) {
    List<String> line = new ArrayList<>(List.of("convert", "--no-layer-records"));
    line.addAll(List.of(options.split(" ")));
    line.addAll(List.of(source, destination));
    run(0, line.toArray(String[]::new));
  }

  private void run(int status, String... args) {
    int ended = Loadstar.run(new PrintWriter(out), new PrintWriter(err), args);
    assertEquals(status, ended, () -> String.join(" ", args) + "\n" + out + err);
  }

  private Manifest manifest(String tag) throws IOException {
    try (ImageSource source = new LayoutImageSource(OciLayout.open(layout()), tag)) {
      return Manifest.parse(source.resolve());
    }
  }

  private ImageConfig config(String tag) throws IOException {
    try (ImageSource source = new LayoutImageSource(OciLayout.open(layout()), tag)) {
      return ImageConfig.parse(source.smallBlob(manifest(tag).config()), "config");
    }
  }

  private Path layout() {
    return directory.resolve("layout");
  }

  private String oci(String tag) {
    return "oci:" + layout() + ":" + tag;
  }

  private static void tool(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertEquals(0, process.waitFor(), () -> String.join(" ", command) + "\n" + said);
  }
}
