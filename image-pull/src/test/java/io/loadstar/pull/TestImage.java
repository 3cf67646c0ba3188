package io.loadstar.pull;

import io.loadstar.blob.Digest;
import io.loadstar.containerd.rig.ChildProcess;
import io.loadstar.oci.BlobContent;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageReference;
import io.loadstar.oci.MediaTypes;
import io.loadstar.registry.RegistryAccess;
import io.loadstar.registry.RegistryClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.zip.GZIPOutputStream;

/** An image that a test puts together and pushes. Not thread-safe. */
public final class TestImage {

  /** What its program says when it is run. */
  public static final String SAID = "hello from the image\n";

  private final List<Descriptor> layers = new ArrayList<>();
  private final List<Digest> diffIds = new ArrayList<>();
  private final List<byte[]> blobs = new ArrayList<>();
  private String architecture = "amd64";
  private ImageDocument config = ImageDocument.of(MediaTypes.OCI_CONFIG, new byte[0]);

  /** An image that can be run: this machine's cat with its libraries, and a file to show. */
  public static TestImage runnable(Path scratch) throws IOException {
    Path programs = Files.createDirectories(scratch.resolve("programs"));
    for (String file : withLibraries("/bin/cat")) {
      Path copy = programs.resolve(file.substring(1));
      Files.createDirectories(copy.getParent());
      Files.copy(Path.of(file).toRealPath(), copy);
    }
    Path text = Files.createDirectories(scratch.resolve("text"));
    Files.writeString(text.resolve("hello.txt"), SAID);
    // No two tests have a blob in common: containerd would take it from one to the other.
    for (Path layer : List.of(programs, text)) {
      Files.writeString(layer.resolve("made-in"), scratch.toString());
    }
    TestImage image = new TestImage();
    image.addLayer(tar(programs));
    image.addLayer(tar(text));
    return image;
  }

  private static Iterable<String> withLibraries(String program) throws IOException {
    TreeSet<String> files = new TreeSet<>(List.of(program));
    for (String line : ChildProcess.run(List.of("ldd", program)).split("\n", -1)) {
      for (String word : line.strip().split("\\s+", -1)) {
        if (word.startsWith("/")) {
          files.add(word);
        }
      }
    }
    return files;
  }

  /** The tar of what is in {@code directory}. */
  static byte[] tar(Path directory) throws IOException {
    Path file = Path.of(directory + ".tar");
    ChildProcess.run(
        List.of(
            "tar",
            "--numeric-owner",
            "--sort=name",
            "-C",
            directory.toString(),
            "-cf",
            file.toString(),
            "."));
    return Files.readAllBytes(file);
  }

  /** Adds a layer, gzip-compressed. */
  public TestImage addLayer(byte[] tar) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(tar);
    }
    return addBlob(out.toByteArray(), Digest.of(tar));
  }

  /** Adds a blob that claims to be a layer with this DiffID. */
  TestImage addBlob(byte[] blob, Digest diffId) {
    layers.add(Descriptor.of(MediaTypes.OCI_LAYER_GZIP, Digest.of(blob), blob.length));
    diffIds.add(diffId);
    blobs.add(blob);
    return this;
  }

  /** Lets the manifest say of layer {@code index} what a converter would. */
  TestImage annotate(int index, String key, String value) {
    layers.set(index, layers.get(index).withAnnotation(key, value));
    return this;
  }

  TestImage architecture(String name) {
    architecture = name;
    return this;
  }

  TestImage dropDiffId() {
    diffIds.removeLast();
    return this;
  }

  public List<Descriptor> layers() {
    return List.copyOf(layers);
  }

  Digest configDigest() {
    return config.digest();
  }

  /** The manifest, once pushed under {@code name}. */
  public ImageDocument push(ImageReference name) throws IOException {
    try (RegistryClient client = new RegistryClient(RegistryAccess.defaults())) {
      for (int i = 0; i < blobs.size(); i++) {
        client.putBlob(name, layers.get(i), BlobContent.of(blobs.get(i)));
      }
      config = document();
      client.putBlob(name, config.descriptor(), BlobContent.of(config.bytes()));
      ImageDocument manifest = manifest();
      client.putManifest(name, manifest);
      return manifest;
    }
  }

  private ImageDocument document() {
    String ids = String.join(", ", diffIds.stream().map(diffId -> "\"" + diffId + "\"").toList());
    String json =
        """
        {"architecture": "%s", "os": "linux", "config": {"Cmd": ["/bin/cat", "/hello.txt"]},
         "rootfs": {"type": "layers", "diff_ids": [%s]}}
        """
            .formatted(architecture, ids);
    return ImageDocument.of(MediaTypes.OCI_CONFIG, json.getBytes(StandardCharsets.UTF_8));
  }

  ImageDocument manifest() {
    String json =
        """
        {"schemaVersion": 2, "mediaType": "%s", "config": %s, "layers": [%s]}
        """
            .formatted(
                MediaTypes.OCI_MANIFEST,
                config.descriptor().toJson(),
                String.join(", ", layers.stream().map(layer -> "" + layer.toJson()).toList()));
    return ImageDocument.of(MediaTypes.OCI_MANIFEST, json.getBytes(StandardCharsets.UTF_8));
  }
}
