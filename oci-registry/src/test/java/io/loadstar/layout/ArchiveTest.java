package io.loadstar.layout;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.loadstar.blob.Digest;
import io.loadstar.oci.BlobContent;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDestination;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageReference;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.JsonDocument;
import io.loadstar.oci.Manifest;
import io.loadstar.oci.MediaTypes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images in tars, as this project and as other tools write them. */
final class ArchiveTest {

  @TempDir Path directory;

  @Test
  void anOciArchiveIsReadBackAndDependsOnTheImageAlone() throws IOException {
    ImageDocument image = write("a.tar", "one");
    try (ImageSource source = LayoutImageSource.ofArchive(directory.resolve("a.tar"), "one")) {
      assertEquals(image.digest(), source.resolve().digest());
      Manifest manifest = Manifest.parse(source.resolve());
      assertArrayEquals(layer(), source.smallBlob(manifest.layers().getFirst()));
    }
    write("b.tar", "one");
    assertEquals(-1, Files.mismatch(directory.resolve("a.tar"), directory.resolve("b.tar")));
    try (Stream<Path> left = Files.list(directory)) {
      assertEquals(2, left.count(), "nothing but the archives is left");
    }
  }

  @Test
  void anArchiveThatFailsLeavesTheOldOne() throws IOException {
    write("a.tar", "one");
    byte[] before = Files.readAllBytes(directory.resolve("a.tar"));
    try (ImageDestination destination =
        OciArchiveDestination.open(directory.resolve("a.tar"), "two")) {
      Descriptor blob = Descriptor.of("application/x", Digest.of(layer()), layer().length);
      assertThrows(IOException.class, () -> destination.putBlob(blob, BlobContent.of(new byte[9])));
    }
    assertArrayEquals(before, Files.readAllBytes(directory.resolve("a.tar")));
  }

  @Test
  void aCompressedArchiveIsReadToo() throws IOException {
    ImageDocument image = write("a.tar", "one");
    Path compressed = directory.resolve("a.tgz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(compressed))) {
      Files.copy(directory.resolve("a.tar"), out);
    }
    try (ImageSource source = LayoutImageSource.ofArchive(compressed, null)) {
      assertEquals(image.digest(), source.resolve().digest());
    }
  }

  @Test
  void skopeoReadsWhatIsWrittenHereAndItsDockerArchivesAreReadHere() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/skopeo")), "skipped: needs skopeo");
    write("a.tar", "one");
    Path docker = directory.resolve("d.tar");
    run(
        "skopeo",
        "--insecure-policy",
        "copy",
        "-q",
        "oci-archive:" + directory.resolve("a.tar") + ":one",
        "docker-archive:" + docker + ":example.org/app:1");
    ImageReference name = ImageReference.parse("example.org/app:1");
    try (ImageSource source = DockerArchiveSource.open(docker, name)) {
      Manifest manifest = Manifest.parse(source.resolve());
      Descriptor layer = manifest.layers().getFirst();
      assertEquals(MediaTypes.OCI_LAYER, layer.mediaType());
      assertEquals(Digest.of(tar()), layer.digest());
      assertArrayEquals(tar(), source.smallBlob(layer));
      assertTrue(new String(source.smallBlob(manifest.config()), UTF_8).contains("diff_ids"));
    }
    ImageReference other = ImageReference.parse("example.org/other:1");
    try (ImageSource source = DockerArchiveSource.open(docker, other)) {
      LayoutException e = assertThrows(LayoutException.NotFound.class, source::resolve);
      assertTrue(String.valueOf(e.getMessage()).contains("it has example.org/app:1"));
    }
  }

  @Test
  void layersThatAreLinksAreFollowedButNotForEver() throws Exception {
    Path tree = Files.createDirectory(directory.resolve("tree"));
    Files.createDirectories(tree.resolve("one"));
    Files.createDirectories(tree.resolve("two"));
    Files.write(tree.resolve("one/layer.tar"), tar());
    Files.createSymbolicLink(tree.resolve("two/layer.tar"), Path.of("../one/layer.tar"));
    Files.createSymbolicLink(tree.resolve("loop"), Path.of("loop"));
    Files.writeString(tree.resolve("config.json"), config(2));
    dockerList(tree, "two/layer.tar");
    Path file = packed(tree);
    try (ImageSource source = DockerArchiveSource.open(file, null)) {
      Descriptor layer = Manifest.parse(source.resolve()).layers().get(1);
      assertArrayEquals(tar(), source.smallBlob(layer));
    }
    dockerList(tree, "loop");
    try (ImageSource source = DockerArchiveSource.open(packed(tree), null)) {
      assertThrows(LayoutException.MalformedArchive.class, source::resolve);
    }
    dockerList(tree, "../../../../etc/passwd");
    try (ImageSource source = DockerArchiveSource.open(packed(tree), null)) {
      assertThrows(LayoutException.NotFound.class, source::resolve);
    }
  }

  @Test
  void aLayerThatIsNotWhatTheConfigSaysIsFoundOut() throws Exception {
    Path tree = Files.createDirectory(directory.resolve("tree"));
    byte[] wrong = tar();
    wrong[5] ^= 1;
    Files.createDirectories(tree.resolve("one"));
    Files.write(tree.resolve("one/layer.tar"), wrong);
    Files.writeString(tree.resolve("config.json"), config(2));
    dockerList(tree, "one/layer.tar");
    try (ImageSource source = DockerArchiveSource.open(packed(tree), null)) {
      Descriptor layer = Manifest.parse(source.resolve()).layers().getFirst();
      assertThrows(LayoutException.MalformedArchive.class, () -> source.smallBlob(layer));
    }
  }

  @Test
  void damagedArchivesAreRefusedWithTheirName() throws IOException {
    write("a.tar", "one");
    byte[] whole = Files.readAllBytes(directory.resolve("a.tar"));
    Path cut = directory.resolve("cut.tar");
    Files.write(cut, java.util.Arrays.copyOf(whole, whole.length - 3000));
    refused(cut, "cut off");
    byte[] flipped = whole.clone();
    flipped[10] ^= 1;
    Files.write(cut, flipped);
    refused(cut, "isn't");
    Files.writeString(cut, "no tar at all\n".repeat(100));
    refused(cut, "checksum");
    Files.writeString(cut, "");
    refused(cut, "index.json");
    refused(directory.resolve("none"), "isn't there");
    refused(directory, "isn't a file");
    assertFalse(Files.exists(directory.resolve("none")));
  }

  private void refused(Path file, String said) {
    IOException e =
        assertThrows(LayoutException.class, () -> LayoutImageSource.ofArchive(file, null));
    String message = String.valueOf(e.getMessage());
    assertTrue(message.contains(file.toString()), message);
    if (!said.equals("isn't")) {
      assertTrue(message.contains(said), message);
    }
  }

  private ImageDocument write(String file, String tag) throws IOException {
    try (ImageDestination destination = OciArchiveDestination.open(directory.resolve(file), tag)) {
      ImageDocument config = ImageDocument.of(MediaTypes.OCI_CONFIG, config(1).getBytes(UTF_8));
      destination.putBlob(config.descriptor(), BlobContent.of(config.bytes()));
      Descriptor layer =
          Descriptor.of(MediaTypes.OCI_LAYER_GZIP, Digest.of(layer()), layer().length);
      destination.putBlob(layer, BlobContent.of(layer()));
      var json =
          JsonDocument.empty().put("schemaVersion", 2).put("mediaType", MediaTypes.OCI_MANIFEST);
      json.set("config", config.descriptor().toJson());
      json.putArray("layers").add(layer.toJson());
      ImageDocument image = ImageDocument.of(MediaTypes.OCI_MANIFEST, JsonDocument.write(json));
      destination.publish(image);
      return image;
    }
  }

  private static String config(int layers) throws IOException {
    String one = "\"" + Digest.of(tar()) + "\"";
    String list = String.join(",", java.util.Collections.nCopies(layers, one));
    return "{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{},"
        + "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":["
        + list
        + "]}}";
  }

  private static void dockerList(Path tree, String second) throws IOException {
    Files.writeString(
        tree.resolve("manifest.json"),
        "[{\"Config\":\"config.json\",\"RepoTags\":[\"app:1\"],"
            + "\"Layers\":[\"one/layer.tar\",\""
            + second
            + "\"]}]");
  }

  private Path packed(Path tree) throws IOException, InterruptedException {
    Path file = directory.resolve("packed.tar");
    run("tar", "-C", tree.toString(), "-cf", file.toString(), ".");
    return file;
  }

  /** A layer: one file. */
  private static byte[] tar() throws IOException {
    Path file = Files.createTempFile("archive-test", "");
    try {
      Files.writeString(file, "hello\n".repeat(200));
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      PlainTar tar = new PlainTar(out);
      tar.file("hello", file);
      tar.end();
      return out.toByteArray();
    } finally {
      Files.delete(file);
    }
  }

  private static byte[] layer() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(tar());
    }
    return out.toByteArray();
  }

  private static void run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(List.of(command)).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertEquals(0, process.waitFor(), said);
  }
}
