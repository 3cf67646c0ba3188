package io.loadstar.convert;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.loadstar.blob.Digest;
import io.loadstar.oci.BlobContent;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDestination;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.JsonDocument;
import io.loadstar.oci.MediaTypes;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/** An image that a test makes out of tars, with fields that nobody knows. Not thread-safe. */
public final class TestImage {

  /** Which family of media types it has. */
  public enum Family {
    OCI,
    DOCKER
  }

  private final Family family;
  private final String architecture;
  private final List<byte[]> blobs = new ArrayList<>();
  private final List<Digest> diffIds = new ArrayList<>();

  public TestImage(Family family, String architecture) {
    this.family = family;
    this.architecture = architecture;
  }

  /** Adds the tree below {@code root} as a tar.gz layer. */
  public TestImage layer(Path root) throws IOException, InterruptedException {
    byte[] tar = tar(root);
    return blob(gzip(tar), Digest.of(tar));
  }

  /** Adds any bytes as a layer. */
  public TestImage blob(byte[] blob, Digest diffId) {
    blobs.add(blob);
    diffIds.add(diffId);
    return this;
  }

  /** Stores config and layers, and returns the manifest, which isn't stored. */
  public ImageDocument store(ImageDestination destination) throws IOException {
    ObjectNode config = config();
    ImageDocument configDocument =
        ImageDocument.of(
            family == Family.OCI ? MediaTypes.OCI_CONFIG : MediaTypes.DOCKER_CONFIG,
            JsonDocument.write(config));
    destination.putBlob(configDocument.descriptor(), BlobContent.of(configDocument.bytes()));
    String manifestType =
        family == Family.OCI ? MediaTypes.OCI_MANIFEST : MediaTypes.DOCKER_MANIFEST;
    ObjectNode manifest =
        JsonDocument.empty().put("schemaVersion", 2).put("mediaType", manifestType);
    manifest.set("config", configDocument.descriptor().toJson());
    ArrayNode layers = manifest.putArray("layers");
    for (byte[] blob : blobs) {
      Descriptor layer =
          Descriptor.of(
                  family == Family.OCI ? MediaTypes.OCI_LAYER_GZIP : MediaTypes.DOCKER_LAYER_GZIP,
                  Digest.of(blob),
                  blob.length)
              .withAnnotation("test.kept", "<yes>");
      destination.putBlob(layer, BlobContent.of(blob));
      layers.add(layer.toJson());
    }
    manifest.putObject("annotations").put("test.unknown", "kept");
    manifest.put("x-unknown", 1);
    return ImageDocument.of(manifestType, JsonDocument.write(manifest));
  }

  private ObjectNode config() {
    ObjectNode config =
        JsonDocument.empty()
            .put("created", "2020-01-02T03:04:05Z")
            .put("architecture", architecture)
            .put("os", "linux");
    config.putObject("config").putArray("Cmd").add("/bin/sh");
    config.put("x-unknown", 1.50);
    ArrayNode list = config.putObject("rootfs").put("type", "layers").putArray("diff_ids");
    diffIds.forEach(diffId -> list.add(diffId.toString()));
    ArrayNode history = config.putArray("history");
    diffIds.forEach(diffId -> history.addObject().put("created_by", "test"));
    return config;
  }

  /** A tree with what matters in a layer: sizes around a chunk, links, modes, an empty file. */
  public static void plant(Path root, int seed) throws IOException {
    Random random = new Random(seed);
    Path directory = Files.createDirectories(root.resolve("usr/share/d" + seed));
    for (int size : new int[] {0, 1, 511, 512, 513, 100_000, 1_200_000}) {
      byte[] content = new byte[size];
      for (int i = 0; i < size; i++) {
        content[i] = (byte) ('a' + random.nextInt(26));
      }
      Files.write(directory.resolve("file-" + size), content);
    }
    Files.createLink(directory.resolve("hardlink"), directory.resolve("file-513"));
    Files.createSymbolicLink(directory.resolve("symlink"), Path.of("../../nowhere"));
    Files.createDirectory(directory.resolve("empty"));
    Files.setPosixFilePermissions(
        directory.resolve("file-1"),
        java.nio.file.attribute.PosixFilePermissions.fromString("rwx--x---"));
    Files.writeString(Files.createDirectories(root.resolve("etc")).resolve("name"), "n" + seed);
    try (var files = Files.walk(root)) {
      files
          .filter(file -> !Files.isSymbolicLink(file))
          .forEach(file -> {
            try {
              Files.setLastModifiedTime(file, FileTime.fromMillis(1_500_000_000_000L));
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
  }

  static byte[] tar(Path root) throws IOException, InterruptedException {
    Process tar =
        new ProcessBuilder(
                "tar",
                "--format=pax",
                // Times that change when the tree is read would make another blob of the same tree.
                "--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime",
                "--sort=name",
                "--numeric-owner",
                "-C",
                root.toString(),
                "-cf",
                "-",
                ".")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    byte[] bytes = tar.getInputStream().readAllBytes();
    if (tar.waitFor() != 0) {
      throw new IOException("tar of " + root + " has failed");
    }
    return bytes;
  }

  static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    }
    return out.toByteArray();
  }

  static byte[] gunzip(byte[] bytes) throws IOException {
    try (GZIPInputStream gzip = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
      return gzip.readAllBytes();
    }
  }

  /** Bytes that are no layer of any kind. */
  public static byte[] nonsense() {
    return "this is neither tar nor gzip nor zstd\n".repeat(100).getBytes(UTF_8);
  }
}
