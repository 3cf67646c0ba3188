package io.loadstar.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.rig.Checkout;
import io.loadstar.rig.Finished;
import io.loadstar.rig.ImageLayout;
import io.loadstar.rig.PrivateNode;
import io.loadstar.rig.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Each failure is one line that names the object and the remedy, with status 1, or 2 for misuse.
 */
class BadInputTest {

  @RegisterExtension static final NodeExtension NODE = new NodeExtension("");

  private static final String NOBODY = "127.0.0.1:1";

  @Test
  void aMissingReferenceIsNamed() throws Exception {
    String missing = NODE.node().registry().reference("no/such", "image");
    fails(1, missing, convert(missing, "oci:" + target("missing") + ":x"));
    assertFalse(Files.exists(target("missing")), "something half-written is left");
  }

  @Test
  void anUnreachableRegistryIsNamed() throws Exception {
    fails(1, NOBODY, convert(NOBODY + "/a/b:c", "oci:" + target("unreachable") + ":x"));
    assertFalse(Files.exists(target("unreachable")), "something half-written is left");
  }

  @Test
  void anUnreachableRegistryIsNamedByPull() throws Exception {
    fails(1, NOBODY, pull(NODE.node().containerdSocket(), NOBODY + "/a/b:c"));
  }

  @Test
  void aLayerThatIsNeitherTarNorGzipIsNamed() throws Exception {
    ImageLayout layout = ImageLayout.create(target("junk"));
    Path junk = target("junk-layer");
    Files.writeString(junk, "this is no archive at all, of whatever kind".repeat(100));
    ImageLayout.Layer layer = layout.add(junk, "application/vnd.oci.image.layer.v1.tar");
    layout.image("x", List.of(layer), List.of("none"));

    fails(
        1,
        layer.digest().toString(),
        convert("oci:" + target("junk") + ":x", "oci:" + target("junk-converted") + ":x"));
    assertFalse(Files.exists(target("junk-converted")), "something half-written is left");
  }

  @Test
  void aDestinationThatCannotBeWrittenIsNamed() throws Exception {
    ImageLayout layout = ImageLayout.create(target("fine"));
    Path tree = Files.createDirectory(target("tree"));
    Files.writeString(tree.resolve("file"), "x");
    layout.image("x", List.of(layout.pack(tree)), List.of("none"));

    fails(1, "/proc/none", convert("oci:" + target("fine") + ":x", "oci:/proc/none:x"));
  }

  @Test
  void aSocketInUseIsNamed() throws Exception {
    Path socket = NODE.node().snapshotterSocket();
    Finished second =
        Program.of(Checkout.found().root().resolve("bin/loadstar-snapshotter").toString())
            .with(
                List.of(
                    "--address",
                    socket.toString(),
                    "--root",
                    Files.createDirectory(target("second-root")).toString()))
            .run();

    assertEquals(1, second.status(), second::err);
    assertEquals(1, second.err().lines().count(), second::err);
    assertTrue(second.err().contains(socket.toString()), second::err);
  }

  @Test
  void aMissingContainerdIsNamed() throws Exception {
    Path socket = target("no-containerd.sock");
    fails(1, socket.toString(), pull(socket, NODE.node().registry().reference("a", "b")));
  }

  @Test
  void anUnknownOptionIsMisuse() throws Exception {
    fails(2, "--frobnicate", NODE.node().loadstar("convert", "--frobnicate", "a", "b"));
  }

  @Test
  void aReferenceThatIsNoneIsMisuse() throws Exception {
    fails(2, "UPPER CASE", convert("UPPER CASE", "oci:" + target("misuse") + ":x"));
  }

  private static Path target(String name) {
    return NODE.node().scratch().resolve(name);
  }

  private static Program convert(String source, String destination) {
    return NODE.node().loadstar("convert", "--quiet", source, destination);
  }

  private static Program pull(Path containerd, String reference) {
    return NODE.node()
        .loadstar(
            "pull",
            "--quiet",
            "--address",
            containerd.toString(),
            "--snapshotter",
            PrivateNode.SNAPSHOTTER,
            reference);
  }

  private static void fails(int status, String named, Program program) throws Exception {
    Finished finished = program.run();
    assertEquals(status, finished.status(), finished::err);
    assertEquals(1, finished.err().lines().count(), finished::err);
    assertTrue(finished.err().startsWith("loadstar: "), finished::err);
    assertTrue(finished.err().contains(named), finished::err);
    assertEquals("", finished.out());
  }
}
