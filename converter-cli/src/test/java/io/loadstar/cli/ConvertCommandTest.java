package io.loadstar.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.loadstar.blob.Digest;
import io.loadstar.convert.TestImage;
import io.loadstar.layout.LayoutImageDestination;
import io.loadstar.layout.LayoutImageSource;
import io.loadstar.layout.OciLayout;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDestination;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.Manifest;
import io.loadstar.registry.DockerRegistry;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands convert and copy as a user has them, with real registries and real other tools. */
final class ConvertCommandTest {

  @TempDir Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void makeImage() throws IOException, InterruptedException {
    Path lower = directory.resolve("lower");
    Path upper = directory.resolve("upper");
    TestImage.plant(lower, 1);
    TestImage.plant(upper, 2);
    Files.writeString(upper.resolve("etc/.wh.gone"), "");
    Files.writeString(lower.resolve("etc/gone"), "x");
    ImageDestination destination =
        new LayoutImageDestination(OciLayout.openOrCreate(layout()), "src");
    destination.publish(
        new TestImage(TestImage.Family.OCI, "amd64").layer(lower).layer(upper).store(destination));
  }

  @Test
  void anImageGoesThroughRegistriesAndLayoutsWithOneDigest() throws IOException {
    try (DockerRegistry registry = DockerRegistry.start(directory)) {
      String pushed = registry.host() + "/app:src";
      run(0, "copy", oci("src"), pushed);
      run(0, "convert", pushed, registry.host() + "/app:lazy");
      run(0, "convert", "--json", oci("src"), oci("lazy"));
      JsonNode json = new ObjectMapper().readTree(lastLines());
      assertEquals("converted", json.at("/images/0/layers/1/state").asText());
      assertEquals("loadstar-deflate", json.at("/compressor/name").asText());
      assertEquals("1", json.at("/compressor/version").asText());
      run(0, "copy", registry.host() + "/app:lazy", oci("back"));
      assertEquals(digest("lazy"), digest("back"));
      assertEquals(json.get("digest").asText(), digest("lazy").toString());

      int uploads = registry.accessLog("\"PUT /v2/app/blobs/uploads/").size();
      run(0, "convert", oci("src"), registry.host() + "/app:again");
      assertEquals(uploads, registry.accessLog("\"PUT /v2/app/blobs/uploads/").size());
    }
  }

  @Test
  void otherToolsUnpackTheSameTree() throws IOException, InterruptedException {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/umoci")), "skipped: needs umoci");
    assumeTrue(System.getProperty("user.name", "").equals("root"), "skipped: needs root");
    run(0, "convert", oci("src"), oci("lazy"));
    List<String> before = unpacked("src");
    List<String> after = unpacked("lazy");
    after.removeIf(line ->
        line.startsWith("/.no.prefetch.landmark ") || line.startsWith("/stargz.index.json "));
    assertTrue(before.size() > 20, before.toString());
    assertEquals(String.join("\n", before), String.join("\n", after));
  }

  @Test
  void otherToolsReadTheConvertedImage() throws IOException, InterruptedException {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/skopeo")), "skipped: needs skopeo");
    run(0, "convert", oci("src"), oci("lazy"));
    tool("skopeo", "inspect", "oci:" + layout() + ":lazy");
    tool("skopeo", "inspect", "--config", "oci:" + layout() + ":lazy");
  }

  @Test
  void aConvertedLayerIsAnOrdinaryGzippedTar() throws IOException, InterruptedException {
    run(0, "convert", "--estargz-footer", "51", "--chunk-size", "512KiB", oci("src"), oci("lazy"));
    try (ImageSource source = new LayoutImageSource(OciLayout.open(layout()), "lazy")) {
      for (Descriptor layer : Manifest.parse(source.resolve()).layers()) {
        String file = layout().resolve("blobs/sha256").resolve(layer.digest().hex()).toString();
        tool("sh", "-c", "gzip -t <'" + file + "' && tar -tzf '" + file + "' >/dev/null");
      }
    }
  }

  @Test
  void prioritizedFilesAreToldWhenNoLayerHasThem() throws IOException {
    Path list = directory.resolve("first.txt");
    Files.writeString(list, "# comment\n\n/etc/name\n/not/there\n");
    run(0, "convert", "--prioritize", list.toString(), oci("src"), oci("lazy"));
    assertTrue(err.toString().contains("/not/there is in none of the layers"), err::toString);
    assertFalse(err.toString().contains("/etc/name"), err::toString);
  }

  @Test
  void whatIsLazyAlreadyIsLaidOutAnewOnlyByForce() throws IOException {
    Path list = directory.resolve("first.txt");
    Files.writeString(list, "usr/share/*/file-51?\r\n");
    run(0, "convert", oci("src"), oci("lazy"));
    run(0, "convert", "--prioritize", list.toString(), oci("lazy"), oci("kept"));
    assertEquals(digest("lazy"), digest("kept"));
    assertTrue(err.toString().contains("keeps its order"), err::toString);
    run(0, "convert", "--force", "--prioritize", list.toString(), oci("lazy"), oci("forced"));
    run(0, "convert", "--prioritize", list.toString(), oci("src"), oci("first"));
    assertEquals(layers("first"), layers("forced"));
    run(0, "inspect", "--json", oci("forced"));
    JsonNode json = new ObjectMapper().readTree(lastLines());
    assertEquals(
        "usr/share/d1/file-511",
        json.at("/layers/0/lazy/prefetched/0/path").asText(),
        out::toString);
    assertEquals(3, json.at("/layers/0/lazy/prefetched").size());
  }

  private List<Digest> layers(String tag) throws IOException {
    try (ImageSource source = new LayoutImageSource(OciLayout.open(layout()), tag)) {
      return Manifest.parse(source.resolve()).layers().stream().map(Descriptor::digest).toList();
    }
  }

  @Test
  void archivesAreReadWrittenAndVerified() throws IOException, InterruptedException {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/skopeo")), "skipped: needs skopeo");
    String saved = "docker-archive:" + directory.resolve("saved.tar");
    String packed = "oci-archive:" + directory.resolve("lazy.tar") + ":lazy";
    tool("skopeo", "--insecure-policy", "copy", "-q", oci("src"), saved + ":example.org/app:1");
    run(0, "convert", saved, packed);
    run(0, "verify", packed);
    run(0, "diff", "--exit-code", oci("src"), packed);
    run(0, "convert", saved + ":example.org/app:1", oci("lazy"));
    run(0, "diff", "--exit-code", saved, oci("lazy"));
    tool("skopeo", "inspect", packed);
    fails(2, "docker load reads too", "copy", oci("src"), saved);
    fails(1, "it has example.org/app:1", "copy", saved + ":other:1", oci("x"));
    fails(
        1,
        "say docker-archive:",
        "copy",
        "oci-archive:" + directory.resolve("saved.tar"),
        oci("x"));
    Files.write(directory.resolve("cut.tar"), new byte[700]);
    fails(
        1,
        "archive " + directory.resolve("cut.tar") + " is malformed",
        "convert",
        "docker-archive:" + directory.resolve("cut.tar"),
        "oci:" + directory.resolve("fresh"));
    assertFalse(Files.exists(directory.resolve("fresh")));
  }

  @Test
  void signaturesOfWhatChangesAreSaidToBeVoid() throws IOException {
    try (DockerRegistry registry = DockerRegistry.start(directory)) {
      String app = registry.host() + "/app:";
      run(0, "copy", oci("src"), app + "src");
      String tag = "sha256-" + digest("src").hex();
      run(0, "copy", oci("src"), app + tag + ".sig");
      err.getBuffer().setLength(0);
      run(0, "convert", app + "src", app + "lazy");
      assertTrue(err.toString().contains("tag " + tag + ".sig) speaks of"), err::toString);
      assertTrue(err.toString().contains("is void"), err::toString);
      err.getBuffer().setLength(0);
      run(0, "convert", app + "lazy", app + "again");
      assertFalse(err.toString().contains("void"), err::toString);
    }
  }

  @Test
  void badInputIsOneLineThatNamesTheObject() throws IOException {
    fails(
        1,
        "layout " + directory.resolve("layout") + " has no image none",
        "convert",
        oci("none"),
        oci("x"));
    fails(
        1,
        directory.resolve("nowhere") + " isn't there",
        "convert",
        "oci:" + directory.resolve("nowhere") + ":x",
        oci("x"));
    fails(
        1, "isn't empty and isn't an OCI layout", "convert", oci("src"), "oci:" + directory + ":x");
    String closed = "127.0.0.1:" + freePort();
    fails(
        1,
        "registry " + closed + " can't be reached: connection refused – is it running?",
        "convert",
        closed + "/app:x",
        oci("x"));
    fails(
        1,
        "registry " + closed + " can't be reached: connection refused – is it running?",
        "copy",
        oci("src"),
        closed + "/app:x");
    fails(1, "no such file", "convert", "--prioritize", directory + "/none", oci("src"), oci("x"));
  }

  @Test
  void aMissingImageInARegistryIsNamed() throws IOException {
    try (DockerRegistry registry = DockerRegistry.start(directory)) {
      fails(
          1,
          "image " + registry.host() + "/app:none doesn't exist in the registry",
          "convert",
          registry.host() + "/app:none",
          "oci:" + directory.resolve("fresh") + ":x");
      assertFalse(Files.exists(directory.resolve("fresh")));
    }
  }

  @Test
  void misuseIsStatusTwo() {
    fails(2, "47 or 51", "convert", "--estargz-footer", "48", oci("src"), oci("x"));
    fails(2, "4MiB", "convert", "--chunk-size", "4 apples", oci("src"), oci("x"));
    fails(2, "level", "convert", "--compression-level", "10", oci("src"), oci("x"));
    fails(2, "platform", "convert", "--platform", "linux", oci("src"), oci("x"));
    fails(2, "lower-case", "convert", "UPPER CASE", oci("x"));
    fails(2, "oci:DIR", "copy", "oci:", oci("x"));
    fails(2, "a digest is computed", "copy", oci("src"), "host.example/a@sha256:" + "0".repeat(64));
    fails(2, "DST", "convert", oci("src"));
  }

  private void fails(int status, String said, String... args) {
    err.getBuffer().setLength(0);
    run(status, args);
    assertTrue(err.toString().contains(said), err::toString);
    assertEquals(1, err.toString().lines().count(), err::toString);
  }

  private void run(int status, String... args) {
    List<String> line = new ArrayList<>(List.of(args));
    if (args[0].equals("convert")) {
      line.addAll(1, List.of("--layer-records", directory.resolve("records").toString()));
    }
    int ended =
        Loadstar.run(new PrintWriter(out), new PrintWriter(err), line.toArray(String[]::new));
    assertEquals(status, ended, () -> String.join(" ", args) + "\n" + err);
  }

  private String lastLines() {
    String text = out.toString();
    return text.substring(text.indexOf("\n{") + 1);
  }

  private Path layout() {
    return directory.resolve("layout");
  }

  private String oci(String tag) {
    return "oci:" + layout() + ":" + tag;
  }

  private Digest digest(String tag) throws IOException {
    try (ImageSource source = new LayoutImageSource(OciLayout.open(layout()), tag)) {
      return source.resolve().digest();
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static void tool(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertEquals(0, process.waitFor(), () -> String.join(" ", command) + "\n" + said);
  }

  private List<String> unpacked(String tag) throws IOException, InterruptedException {
    Path bundle = directory.resolve("bundle-" + tag);
    tool("umoci", "unpack", "--image", layout() + ":" + tag, bundle.toString());
    Path root = bundle.resolve("rootfs");
    List<String> lines = new ArrayList<>();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.sorted().toList()) {
        lines.add("/" + root.relativize(file) + " " + told(root, file));
      }
    }
    return lines;
  }

  /** All that must be the same; a directory's time, where the landmark was put, is the root's. */
  private static String told(Path root, Path file) throws IOException {
    Map<String, Object> facts =
        Files.readAttributes(
            file, "unix:mode,uid,gid,lastModifiedTime,nlink", LinkOption.NOFOLLOW_LINKS);
    String content =
        Files.isSymbolicLink(file)
            ? Files.readSymbolicLink(file).toString()
            : Files.isRegularFile(file) ? Digest.of(Files.readAllBytes(file)).toString() : "";
    Object time = file.equals(root) ? "" : facts.get("lastModifiedTime");
    return facts.get("mode")
        + " "
        + facts.get("uid")
        + " "
        + facts.get("gid")
        + " "
        + facts.get("nlink")
        + " "
        + time
        + " "
        + content;
  }
}
