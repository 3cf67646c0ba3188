package io.loadstar.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.loadstar.blob.Digest;
import io.loadstar.containerd.rig.PrivateContainerd;
import io.loadstar.convert.TestImage;
import io.loadstar.layout.LayoutImageDestination;
import io.loadstar.layout.OciLayout;
import io.loadstar.oci.ImageDestination;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands inspect, verify, toc and diff as a user has them. */
@Timeout(180)
final class InspectCommandsTest {

  @TempDir Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void makeImages() throws IOException, InterruptedException {
    Path lower = directory.resolve("lower");
    Path upper = directory.resolve("upper");
    TestImage.plant(lower, 1);
    TestImage.plant(upper, 2);
    Files.writeString(lower.resolve("etc/gone"), "x");
    Files.writeString(lower.resolve("etc/<b>&\"name"), "x");
    Files.writeString(upper.resolve("etc/.wh.gone"), "");
    ImageDestination destination =
        new LayoutImageDestination(OciLayout.openOrCreate(layout()), "src");
    destination.publish(
        new TestImage(TestImage.Family.OCI, "amd64").layer(lower).layer(upper).store(destination));
    Files.writeString(directory.resolve("first"), "/usr/share/d1/file-100000\n");
    run(
        0,
        "convert",
        "--no-layer-records",
        "--chunk-size",
        "256KiB",
        "--prioritize",
        directory.resolve("first").toString(),
        oci("src"),
        oci("lazy"));
  }

  @Test
  void anInspectedImageShowsItsLayersAndWhatIsPrefetched() throws IOException {
    JsonNode json = json("inspect", "--json", oci("lazy"));
    assertEquals(2, json.path("layers").size());
    JsonNode lazy = json.at("/layers/0/lazy");
    assertEquals("vouched_for", json.at("/layers/0/trust").asText());
    assertEquals("usr/share/d1/file-100000", lazy.at("/prefetched/0/path").asText());
    assertEquals(1, lazy.path("prefetched").size());
    long compressed = 0;
    for (JsonNode file : lazy.path("files")) {
      compressed += file.path("compressed").asLong();
      assertEquals(
          file.path("offset").asLong() < lazy.path("prefetchEnd").asLong(),
          file.path("prefetched").asBoolean());
    }
    assertTrue(compressed <= lazy.path("tocOffset").asLong());
    assertTrue(compressed > lazy.path("tocOffset").asLong() * 9 / 10);
    assertEquals("ordinary", json("inspect", "--json", oci("src")).at("/layers/0/format").asText());
    run(0, "inspect", oci("lazy"));
    assertTrue(out.toString().contains("1 file"), out::toString);
  }

  @Test
  void theTreeOfAnOrdinaryImageAndOfItsLazyOneAreTheSame() throws IOException {
    JsonNode before = json("inspect", "--json", "--tree", oci("src")).path("tree");
    JsonNode after = json("inspect", "--json", "--tree", oci("lazy")).path("tree");
    assertEquals(before, after);
    assertTrue(before.get(0).path("bytes").asLong() > 2_400_000);
    run(0, "inspect", "--tree", "--depth", "2", oci("lazy"));
    assertTrue(out.toString().contains("  usr"), out::toString);
  }

  @Test
  void thePageHasEverythingInItAndNothingOfTheImagesOwn() throws IOException {
    Path page = directory.resolve("page.html");
    run(0, "inspect", "--html", page.toString(), oci("lazy"));
    String html = Files.readString(page);
    assertFalse(html.contains("<b>"), "names are text");
    assertFalse(html.contains("<script") || html.contains("http:") || html.contains("https:"));
    assertTrue(html.contains("default-src 'none'"));
    assertTrue(html.contains("class=\"PREFETCHED\"") && html.contains("class=\"ON_DEMAND\""));
    assertTrue(html.contains("usr/share/d1/file-100000: "), html);
  }

  @Test
  void aConvertedImageIsVerifiedAndDoesNotDiffer() throws IOException {
    JsonNode json = json("verify", "--json", oci("lazy"));
    assertTrue(json.path("verified").asBoolean(), json::toString);
    assertEquals(9, json.at("/layers/0/checked").size(), json::toString);
    run(0, "verify", oci("src"));
    run(0, "diff", "--exit-code", oci("src"), oci("lazy"));
    assertTrue(out.toString().contains("no file differs"), out::toString);
  }

  @Test
  void differencesAreToldByFile() throws Exception {
    Path lower = directory.resolve("lower");
    Path changed = directory.resolve("changed");
    Files.createDirectory(changed);
    TestImage.plant(changed, 1);
    Files.writeString(changed.resolve("etc/gone"), "x");
    Files.writeString(changed.resolve("etc/new"), "n");
    Files.writeString(changed.resolve("etc/name"), "other");
    Files.setPosixFilePermissions(
        changed.resolve("usr/share/d1/file-512"),
        java.nio.file.attribute.PosixFilePermissions.fromString("rwx------"));
    publish("one", lower);
    publish("two", changed);
    JsonNode json = json("diff", "--json", oci("one"), oci("two"));
    assertEquals(1, json.path("added").asInt(), json::toString);
    assertEquals(1, json.path("removed").asInt(), json::toString);
    String text = json.toString();
    assertTrue(text.contains("\"path\":\"etc/name\",\"fields\":[\"content\""), text);
    assertTrue(text.contains("\"path\":\"usr/share/d1/file-512\",\"fields\":[\"mode\""), text);
    run(1, "diff", "--exit-code", oci("one"), oci("two"));
  }

  @Test
  void theFirstWrongByteIsTold() throws IOException {
    JsonNode layer = json("inspect", "--json", oci("lazy")).at("/layers/1");
    Path blob = blob(layer.path("digest").asText());
    byte[] right = Files.readAllBytes(blob);
    JsonNode file = layer.at("/lazy/files").get(layer.at("/lazy/files").size() - 1);
    long start = file.path("offset").asLong();
    byte[] wrong = right.clone();
    wrong[(int) (start + file.path("compressed").asLong() / 2)] ^= 0x10;
    Files.write(blob, wrong);
    long told = wrongAt(layer.path("digest").asText());
    assertTrue(told >= start && told <= start + file.path("compressed").asLong(), told + "");

    wrong = right.clone();
    wrong[(int) layer.at("/lazy/tocOffset").asLong() + 40] ^= 0x10;
    Files.write(blob, wrong);
    assertTrue(wrongAt(layer.path("digest").asText()) >= layer.at("/lazy/tocOffset").asLong());
    run(1, "verify", oci("lazy"));
    assertTrue(out.toString().contains("wrong from byte"), out::toString);
  }

  @Test
  void aTocComesOutToTheByte() throws IOException {
    JsonNode layer = json("inspect", "--json", oci("lazy")).at("/layers/1");
    out.getBuffer().setLength(0);
    run(0, "toc", "--layer", "1", oci("lazy"));
    assertEquals(
        layer.path("tocDigest").asText(), Digest.of(out.toString().getBytes(UTF_8)).toString());
    run(1, "toc", oci("lazy"));
    assertTrue(err.toString().contains("2 layers with a TOC; choose with --layer"), err::toString);
    run(1, "toc", "--layer", "0", oci("src"));
    assertTrue(err.toString().contains("is an ordinary one"), err::toString);
  }

  @Test
  void whatCtrRemoteMakesIsVerified() throws Exception {
    PrivateContainerd.assumePossible();
    assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/ctr-remote")), "skipped: needs /usr/bin/ctr-remote");
    try (PrivateContainerd containerd = PrivateContainerd.start(directory)) {
      String address = containerd.address().toString();
      run(0, "copy", "--address", address, oci("src"), "containerd:example.org/app:src");
      Process process =
          new ProcessBuilder(
                  List.of(
                      "/usr/bin/ctr-remote",
                      "--address",
                      address,
                      "image",
                      "convert",
                      "--estargz",
                      "--oci",
                      "example.org/app:src",
                      "example.org/app:remote"))
              .redirectErrorStream(true)
              .start();
      String said = new String(process.getInputStream().readAllBytes(), UTF_8);
      assertEquals(0, process.waitFor(), said);
      String remote = "containerd:example.org/app:remote";
      JsonNode json = json("verify", "--json", "--address", address, remote);
      assertTrue(json.path("verified").asBoolean(), json::toString);
      assertEquals("eStargz, footer of 51 bytes", json.at("/layers/0/format").asText());
      run(0, "diff", "--exit-code", "--address", address, remote, oci("lazy"));
    }
  }

  private long wrongAt(String digest) throws IOException {
    out.getBuffer().setLength(0);
    run(1, "verify", "--json", oci("lazy"));
    JsonNode json = new ObjectMapper().readTree(out.toString());
    assertFalse(json.path("verified").asBoolean());
    for (JsonNode layer : json.path("layers")) {
      if (layer.path("digest").asText().equals(digest)) {
        return layer.at("/findings/0/offset").asLong(-1);
      }
    }
    return -1;
  }

  private JsonNode json(String... args) throws IOException {
    out.getBuffer().setLength(0);
    run(0, args);
    return new ObjectMapper().readTree(out.toString());
  }

  private void publish(String tag, Path tree) throws IOException, InterruptedException {
    ImageDestination destination =
        new LayoutImageDestination(OciLayout.openOrCreate(layout()), tag);
    destination.publish(
        new TestImage(TestImage.Family.OCI, "amd64").layer(tree).store(destination));
  }

  private void run(int status, String... args) {
    int ended = Loadstar.run(new PrintWriter(out), new PrintWriter(err), args);
    assertEquals(status, ended, () -> String.join(" ", args) + "\n" + err + out);
  }

  private Path layout() {
    return directory.resolve("layout");
  }

  private Path blob(String digest) {
    return layout().resolve("blobs/sha256").resolve(Digest.parse(digest).hex());
  }

  private String oci(String tag) {
    return "oci:" + layout() + ":" + tag;
  }
}
