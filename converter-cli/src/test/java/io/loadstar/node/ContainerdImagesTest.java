package io.loadstar.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.build.BuildOptions;
import io.loadstar.build.LayerBuilder;
import io.loadstar.containerd.ContainerdClient;
import io.loadstar.containerd.Namespace;
import io.loadstar.containerd.rig.PrivateContainerd;
import io.loadstar.convert.ConversionListener;
import io.loadstar.convert.ConversionOptions;
import io.loadstar.convert.ConversionReport;
import io.loadstar.convert.ImageConverter;
import io.loadstar.convert.TestImage;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDestination;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageIndex;
import io.loadstar.oci.ImageReference;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.Manifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Images in the store of a containerd of the test's own. */
@Timeout(180)
final class ContainerdImagesTest {

  private static final ImageReference SOURCE = ImageReference.parse("example.org/app:src");
  private static final ImageReference LAZY = ImageReference.parse("example.org/app:lazy");

  @TempDir Path directory;

  @Test
  void anImageIsConvertedInTheStoreAndOutlivesAGarbageCollection() throws Exception {
    PrivateContainerd.assumePossible();
    try (PrivateContainerd containerd = PrivateContainerd.start(directory);
        ContainerdImages images =
            new ContainerdImages(containerd.address(), new Namespace("default"))) {
      store(images);
      ConversionReport report = convert(images);
      collect(containerd);
      try (ImageSource source = images.source(LAZY)) {
        ImageDocument found = source.resolve();
        assertEquals(report.result(), found.digest());
        Manifest manifest = Manifest.parse(source.manifest(only(found)));
        for (Descriptor layer : manifest.layers()) {
          assertEquals(layer.size(), source.smallBlob(layer).length);
        }
      }
      assertTrue(containerd.ctr("leases", "ls", "-q").isBlank());
      containerd.ctr("images", "check", "name==" + LAZY);
      Path exported = directory.resolve("out.tar");
      containerd.ctr("images", "export", "--all-platforms", exported.toString(), LAZY.toString());
      assertTrue(Files.size(exported) > 1000);
      try (ContainerdClient client =
          ContainerdClient.connect(containerd.address(), new Namespace("default"))) {
        assertEquals(List.of(), client.services().content().unfinished());
      }
    }
  }

  @Test
  void whatIsNotPublishedIsCollected() throws Exception {
    PrivateContainerd.assumePossible();
    try (PrivateContainerd containerd = PrivateContainerd.start(directory);
        ContainerdImages images =
            new ContainerdImages(containerd.address(), new Namespace("default"))) {
      try (ImageDestination destination = images.destination(SOURCE)) {
        ImageDocument manifest = image().store(destination);
        destination.putManifest(manifest);
      }
      assertTrue(containerd.ctr("content", "ls", "-q").isBlank());
      try (ImageSource source = images.source(SOURCE)) {
        IOException e = assertThrows(NodeImageException.class, source::resolve);
        assertTrue(String.valueOf(e.getMessage()).contains("example.org/app:src"));
      }
    }
  }

  @Test
  void anAbsentContainerdIsNamed() throws IOException {
    try (ContainerdImages images =
        new ContainerdImages(directory.resolve("none.sock"), new Namespace("default"))) {
      NodeImageException e =
          assertThrows(NodeImageException.class, () -> images.source(SOURCE).close());
      assertTrue(String.valueOf(e.getMessage()).contains("is containerd running?"));
      assertFalse(String.valueOf(e.getMessage()).contains("\n"));
    }
  }

  /** An index with one image that is there, and one that isn't. */
  private void store(ContainerdImages images) throws Exception {
    try (ImageDestination destination = images.destination(SOURCE)) {
      ImageDocument manifest = image().store(destination);
      destination.putManifest(manifest);
      List<Descriptor> entries = new ArrayList<>();
      for (String architecture : List.of("amd64", "arm64")) {
        var entry = manifest.descriptor().toJson();
        entry.putObject("platform").put("os", "linux").put("architecture", architecture);
        if (architecture.equals("arm64")) {
          entry.put("digest", "sha256:" + "7".repeat(64));
        }
        entries.add(Descriptor.parse(entry, "entry"));
      }
      destination.publish(ImageIndex.of(entries).toDocument());
    }
  }

  private TestImage image() throws IOException, InterruptedException {
    Path root = directory.resolve("tree");
    TestImage.plant(root, 1);
    return new TestImage(TestImage.Family.OCI, "amd64").layer(root);
  }

  private ConversionReport convert(ContainerdImages images) throws IOException {
    try (ImageSource source = images.source(SOURCE);
        ImageDestination destination = images.destination(LAZY);
        LayerBuilder builder = new LayerBuilder(2)) {
      return new ImageConverter(
              new ImageConverter.Places(source, destination),
              builder,
              ConversionOptions.of(BuildOptions.DEFAULT, directory),
              ConversionListener.silent())
          .convert(source.resolve());
    }
  }

  private static Descriptor only(ImageDocument index) throws IOException {
    List<Descriptor> entries = ImageIndex.parse(index).manifests();
    assertEquals(1, entries.size());
    return entries.getFirst();
  }

  /** Has containerd collect: deleting anything in a synchronous way does. */
  private static void collect(PrivateContainerd containerd) throws IOException {
    containerd.ctr("images", "tag", SOURCE.toString(), "example.org/other:x");
    containerd.ctr("images", "rm", "--sync", "example.org/other:x", SOURCE.toString());
  }
}
