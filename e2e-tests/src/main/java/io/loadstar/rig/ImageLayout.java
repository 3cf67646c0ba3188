package io.loadstar.rig;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.loadstar.blob.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.List;
import java.util.concurrent.TimeoutException;

/**
 * An OCI image layout on disk, written by tar, gzip and plain JSON, so that nothing of the code
 * under test has a part in what it is tested with. Not thread-safe. Source: OCI image-spec,
 * image-layout.md and manifest.md.
 *
 * @param directory the layout's
 */
public record ImageLayout(Path directory) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
  private static final String CONFIG = "application/vnd.oci.image.config.v1+json";
  private static final String LAYER = "application/vnd.oci.image.layer.v1.tar";

  /**
   * A layer in a layout.
   *
   * @param descriptor as the manifest has it
   * @param diffId of the uncompressed tar
   */
  public record Layer(ObjectNode descriptor, Digest diffId) {

    /** The blob's digest. */
    public Digest digest() {
      return Digest.parse(descriptor.get("digest").asText());
    }

    /** The blob's size in bytes. */
    public long size() {
      return descriptor.get("size").asLong();
    }
  }

  /** A new, empty layout. */
  public static ImageLayout create(Path directory) throws IOException {
    Files.createDirectories(directory.resolve("blobs/sha256"));
    Files.writeString(directory.resolve("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");
    return new ImageLayout(directory);
  }

  /** The tree below {@code root} as a tar.gz layer, as GNU tar and gzip write it. */
  public Layer pack(Path root) throws IOException, InterruptedException, TimeoutException {
    return add(tar(root, "gzip --no-name"), LAYER + "+gzip");
  }

  /** The same without compression: a layer that can't be lazy. */
  public Layer packPlain(Path root) throws IOException, InterruptedException, TimeoutException {
    return add(tar(root, "cat"), LAYER);
  }

  private Path tar(Path root, String compressor)
      throws IOException, InterruptedException, TimeoutException {
    Path blob = Files.createTempFile(directory, "layer", "");
    Program.shell(
            "tar --create --format=pax --sort=name --numeric-owner --xattrs --xattrs-include='*'"
                + " --directory='%s' . | %s >'%s'".formatted(root, compressor, blob))
        .output();
    return blob;
  }

  /** Any file as a layer, of any content: also of such as no tool would write. */
  public Layer add(Path blob, String mediaType)
      throws IOException, InterruptedException, TimeoutException {
    String uncompressed = mediaType.endsWith("+gzip") ? "gzip -dc" : "cat";
    String sum = Program.shell("%s '%s' | sha256sum".formatted(uncompressed, blob)).run().out();
    Digest diffId = new Digest(sum.substring(0, 64));
    return new Layer(descriptor(mediaType, blob), diffId);
  }

  /** A layer of another layout, with its annotations. */
  public Layer adopt(ImageLayout other, Layer layer) throws IOException {
    Files.copy(
        other.blob(layer.digest()), blob(layer.digest()), StandardCopyOption.REPLACE_EXISTING);
    return layer;
  }

  /** Writes config and manifest, and names the image {@code tag}. */
  public void image(String tag, List<Layer> layers, List<String> command) throws IOException {
    ObjectNode config = JSON.createObjectNode();
    config.put("architecture", System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64");
    config.put("os", "linux");
    ObjectNode process = config.putObject("config");
    process.putArray("Env").add("PATH=/bin");
    command.forEach(process.putArray("Cmd")::add);
    ArrayNode diffIds = config.putObject("rootfs").put("type", "layers").putArray("diff_ids");
    ObjectNode manifest = JSON.createObjectNode();
    manifest.put("schemaVersion", 2).put("mediaType", MANIFEST);
    manifest.set("config", descriptor(CONFIG, written(config, diffIds, layers)));
    ArrayNode descriptors = manifest.putArray("layers");
    layers.forEach(layer -> descriptors.add(layer.descriptor()));
    Path file = Files.createTempFile(directory, "manifest", "");
    Files.write(file, JSON.writeValueAsBytes(manifest));
    ObjectNode named = descriptor(MANIFEST, file);
    named.putObject("annotations").put("org.opencontainers.image.ref.name", tag);
    addToIndex(named);
  }

  private Path written(ObjectNode config, ArrayNode diffIds, List<Layer> layers)
      throws IOException {
    layers.forEach(layer -> diffIds.add(layer.diffId().toString()));
    Path file = Files.createTempFile(directory, "config", "");
    Files.write(file, JSON.writeValueAsBytes(config));
    return file;
  }

  private void addToIndex(ObjectNode manifest) throws IOException {
    Path file = directory.resolve("index.json");
    ObjectNode index =
        Files.exists(file)
            ? (ObjectNode) JSON.readTree(file.toFile())
            : JSON.createObjectNode().put("schemaVersion", 2);
    index.withArray("/manifests").add(manifest);
    Files.write(file, JSON.writeValueAsBytes(index));
  }

  /** The layers of the image named {@code tag}, the lowest first. */
  public List<Layer> layers(String tag) throws IOException {
    for (JsonNode named :
        JSON.readTree(directory.resolve("index.json").toFile()).get("manifests")) {
      if (named.at("/annotations/org.opencontainers.image.ref.name").asText().equals(tag)) {
        JsonNode manifest = document(named);
        JsonNode diffIds = document(manifest.get("config")).at("/rootfs/diff_ids");
        return layers(manifest.get("layers"), diffIds);
      }
    }
    throw new IOException("no image " + tag + " in " + directory);
  }

  private static List<Layer> layers(JsonNode descriptors, JsonNode diffIds) {
    return java.util.stream.IntStream.range(0, descriptors.size())
        .mapToObj(
            i -> new Layer((ObjectNode) descriptors.get(i), Digest.parse(diffIds.get(i).asText())))
        .toList();
  }

  /** The file of a blob. */
  public Path blob(Digest digest) {
    return directory.resolve("blobs/sha256").resolve(digest.hex());
  }

  private JsonNode document(JsonNode descriptor) throws IOException {
    return JSON.readTree(blob(Digest.parse(descriptor.get("digest").asText())).toFile());
  }

  /** Moves {@code file} in under its digest. */
  private ObjectNode descriptor(String mediaType, Path file) throws IOException {
    Digest digest = digestOf(file);
    ObjectNode descriptor = JSON.createObjectNode();
    descriptor.put("mediaType", mediaType);
    descriptor.put("digest", digest.toString());
    descriptor.put("size", Files.size(file));
    Files.move(file, blob(digest), StandardCopyOption.REPLACE_EXISTING);
    return descriptor;
  }

  /** The digest of a file's bytes, read piece by piece. */
  static Digest digestOf(Path file) throws IOException {
    MessageDigest hash = Digest.newHash();
    try (InputStream in = Files.newInputStream(file)) {
      byte[] buffer = new byte[64 * 1024];
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        hash.update(buffer, 0, count);
      }
    }
    return Digest.finish(hash);
  }
}
