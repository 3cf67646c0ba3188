package io.loadstar.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.loadstar.convert.TestImage;
import io.loadstar.layout.LayoutImageDestination;
import io.loadstar.layout.OciLayout;
import io.loadstar.oci.ImageDestination;
import io.loadstar.oci.ImageDocument;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command optimize as far as it needs neither root nor containerd. */
final class OptimizeCommandTest {

  @TempDir Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private ImageDocument image;

  @BeforeEach
  void makeImage() throws IOException, InterruptedException {
    Path lower = directory.resolve("lower");
    Path upper = directory.resolve("upper");
    TestImage.plant(lower, 1);
    TestImage.plant(upper, 2);
    ImageDestination destination =
        new LayoutImageDestination(OciLayout.openOrCreate(directory.resolve("layout")), "src");
    image =
        new TestImage(TestImage.Family.OCI, "amd64").layer(lower).layer(upper).store(destination);
    destination.publish(image);
  }

  private String oci(String tag) {
    return "oci:" + directory.resolve("layout") + ":" + tag;
  }

  private void run(int status, String... words) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    int ended = Loadstar.run(new PrintWriter(out), new PrintWriter(err), words);
    assertEquals(status, ended, () -> out.toString() + err);
  }

  private List<String> first(String tag, int layer) throws IOException {
    run(0, "inspect", "--json", oci(tag));
    List<String> paths = new ArrayList<>();
    JsonNode json = new ObjectMapper().readTree(out.toString());
    json.at("/layers/" + layer + "/lazy/prefetched")
        .forEach(file -> paths.add(file.get("path").asText()));
    return paths;
  }

  @Test
  void aRecordLaysAnImageOutWithoutRunningIt() throws IOException {
    Path record = directory.resolve("record.json");
    Files.writeString(
        record,
        """
        {"path":"usr/share/d2/file-512","manifestDigest":"%1$s","layerIndex":1}
        {"path":"etc/name","manifestDigest":"%1$s","layerIndex":1}
        {"path":"/usr/share/d1/file-1"}
        {"path":"never/there"}
        """
            .formatted(image.digest()));

    run(0, "optimize", "--json", "--record-in", record.toString(), oci("src"), oci("lazy"));

    assertEquals(4, new ObjectMapper().readTree(out.toString()).get("recordedFiles").asInt());
    assertTrue(err.toString().contains("never/there is in none of the layers"), err::toString);
    assertFalse(err.toString().contains("file-1 is in none"), err::toString);
    assertEquals(List.of("usr/share/d1/file-1"), first("lazy", 0));
    assertEquals(List.of("usr/share/d2/file-512", "etc/name"), first("lazy", 1));

    run(0, "inspect", "--prioritized", oci("lazy"));
    String[] shown = out.toString().split("Layer 1, prioritized: 2\\R", 2);
    assertTrue(shown[0].contains("Layer 0, prioritized: 1"), out::toString);
    assertTrue(
        shown[1].matches("(?s) +512 B  usr/share/d2/file-512\\R +2 B  etc/name\\R.*"), shown[1]);

    Path again = directory.resolve("again.json");
    run(
        0,
        "optimize",
        "--record-in",
        record.toString(),
        "--record-out",
        again.toString(),
        oci("lazy"),
        oci("twice"));
    assertEquals(Files.readString(record), Files.readString(again));
    // In the lazy image each file is wanted wherever it is: it has another manifest.
    assertEquals(List.of("etc/name", "usr/share/d1/file-1"), first("twice", 0));
    run(0, "verify", oci("lazy"));
  }

  @Test
  void whatMakesNoSenseIsMisuse() {
    run(2, "optimize", oci("src"));
    run(2, "optimize", "--period", "-1", oci("src"), oci("x"));
    run(2, "optimize", "--until-line", "", oci("src"), oci("x"));
    run(2, "optimize", "--env", "NOTHING", oci("src"), oci("x"));
    run(2, "optimize", "--mount", "/a:/b", oci("src"), oci("x"));
    run(2, "optimize", "--cwd", "here", oci("src"), oci("x"));
    run(2, "optimize", "--estargz-footer", "50", oci("src"), oci("x"));
    run(2, "optimize", "--record-in", "r", oci("src"), oci("x"), "--", "sh");
  }

  @Test
  void aRecordThatIsNoneChangesNothing() throws IOException {
    Path record = Files.writeString(directory.resolve("record.json"), "usr/bin/sh\n");
    run(1, "optimize", "--record-in", record.toString(), oci("src"), oci("x"));
    assertTrue(err.toString().contains(record + ", line 1: not JSON"), err::toString);
    run(1, "inspect", oci("x"));
  }
}
