package io.loadstar.layout;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.loadstar.blob.BlobSource;
import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageConfig;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.JsonDocument;
import io.loadstar.oci.MediaTypes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One image of a docker archive, with the manifest that it would have. Immutable.
 *
 * @param manifest made here
 * @param config as it stands in the archive
 * @param entries which entry each blob is
 */
record DockerArchiveImage(
    ImageDocument manifest, ImageDocument config, Map<Digest, String> entries) {

  private static final int BUFFER = 1 << 16;
  private static final String BLOBS = "blobs/sha256/";

  DockerArchiveImage {
    entries = Map.copyOf(entries);
  }

  static DockerArchiveImage read(TarArchive archive, DockerArchiveList.Item item)
      throws IOException {
    byte[] bytes = archive.read(item.config(), ImageSource.MAX_SMALL_BLOB_BYTES);
    ImageDocument config = ImageDocument.of(MediaTypes.OCI_CONFIG, bytes);
    List<Digest> diffIds =
        ImageConfig.parse(bytes, "archive " + archive.file() + ", " + item.config()).diffIds();
    if (diffIds.size() != item.layers().size()) {
      throw new LayoutException.MalformedArchive(
          archive.file(),
          "an image has " + item.layers().size() + " layers, its config " + diffIds.size(),
          null);
    }
    Map<Digest, String> entries = new HashMap<>();
    entries.put(config.digest(), item.config());
    ObjectNode json =
        JsonDocument.empty().put("schemaVersion", 2).put("mediaType", MediaTypes.OCI_MANIFEST);
    json.set("config", config.descriptor().toJson());
    ArrayNode layers = json.putArray("layers");
    for (int i = 0; i < diffIds.size(); i++) {
      Descriptor layer = layer(archive, item.layers().get(i), diffIds.get(i));
      entries.put(layer.digest(), item.layers().get(i));
      layers.add(layer.toJson());
    }
    ImageDocument manifest = ImageDocument.of(MediaTypes.OCI_MANIFEST, JsonDocument.write(json));
    return new DockerArchiveImage(manifest, config, entries);
  }

  /** The layer by its first bytes: RFC 1952, section 2.3.1; RFC 8878, section 3.1.1; else a tar. */
  private static Descriptor layer(TarArchive archive, String name, Digest diffId)
      throws IOException {
    try (BlobSource blob = archive.blob(name, diffId)) {
      ByteBuffer start = ByteBuffer.allocate(Integer.BYTES);
      if (blob.size() >= Integer.BYTES) {
        blob.readFully(0, start);
      }
      int magic = start.getInt(0);
      if (magic >>> 16 == 0x1f8b) {
        return Descriptor.of(MediaTypes.OCI_LAYER_GZIP, named(name, blob), blob.size());
      }
      if (magic == 0x28b52ffd) {
        return Descriptor.of(MediaTypes.OCI_LAYER_ZSTD, named(name, blob), blob.size());
      }
      return Descriptor.of(MediaTypes.OCI_LAYER, diffId, blob.size());
    }
  }

  /** The digest of a compressed layer: its name says it, or it is computed. */
  private static Digest named(String name, BlobSource blob) throws IOException {
    if (name.startsWith(BLOBS)) {
      try {
        return Digest.parse("sha256:" + name.substring(BLOBS.length()));
      } catch (IllegalArgumentException e) {
        // Then its bytes tell.
      }
    }
    MessageDigest hash = Digest.newHash();
    byte[] buffer = new byte[BUFFER];
    blob.readRanges(
        List.of(new ByteRange(0, blob.size())),
        (range, bytes) -> {
          int count = bytes.read(buffer);
          while (count >= 0) {
            hash.update(buffer, 0, count);
            count = bytes.read(buffer);
          }
        });
    return Digest.finish(hash);
  }
}
