package io.loadstar.oci;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.loadstar.blob.Digest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How an image runs, and the DiffIDs of its layers. Immutable; fields not known here are kept.
 * Source: OCI image-spec, config.md.
 */
public final class ImageConfig {

  private static final String PATH = "PATH=";

  private final ObjectNode json;
  private final List<Digest> diffIds;
  private final @Nullable Platform platform;

  private ImageConfig(ObjectNode json, String what) throws MalformedDocumentException {
    JsonFields fields = new JsonFields(json, what);
    JsonNode rootfs = json.get("rootfs");
    if (!(rootfs instanceof ObjectNode)) {
      throw fields.problem("rootfs is missing");
    }
    this.json = json;
    this.diffIds = fields.digests(rootfs.path("diff_ids"), "rootfs.diff_ids");
    this.platform = Platform.read(json, what);
  }

  /**
   * Reads a config.
   *
   * @param what its name for messages
   * @throws MalformedDocumentException if it isn't the config of a container image
   */
  public static ImageConfig parse(byte[] bytes, String what) throws MalformedDocumentException {
    return new ImageConfig(JsonDocument.parse(bytes, what), what);
  }

  /** The DiffIDs, lowest layer first; unmodifiable. */
  public List<Digest> diffIds() {
    return diffIds;
  }

  /**
   * The ChainID of each layer with all below it, lowest first: a layer's DiffID alone at the
   * bottom, else SHA-256 of {@code "<ChainID below> <DiffID>"}. Source: OCI image-spec, config.md,
   * "Layer ChainID".
   */
  public List<Digest> chainIds() {
    List<Digest> chainIds = new ArrayList<>(diffIds.size());
    for (Digest diffId : diffIds) {
      chainIds.add(
          chainIds.isEmpty()
              ? diffId
              : Digest.of((chainIds.getLast() + " " + diffId).getBytes(StandardCharsets.US_ASCII)));
    }
    return List.copyOf(chainIds);
  }

  /** What its containers run, as far as the config says it in words. */
  public ImageProcess process() {
    JsonNode config = json.path("config");
    List<String> path = new ArrayList<>();
    for (String variable : words(config.path("Env"))) {
      if (variable.startsWith(PATH)) {
        for (String directory : variable.substring(PATH.length()).split(":", -1)) {
          if (directory.startsWith("/")) {
            path.add(directory);
          }
        }
      }
    }
    return new ImageProcess(words(config.path("Entrypoint")), words(config.path("Cmd")), path);
  }

  private static List<String> words(JsonNode list) {
    List<String> words = new ArrayList<>();
    for (JsonNode word : list) {
      if (word.isTextual()) {
        words.add(word.textValue());
      }
    }
    return words;
  }

  /** What the image runs on, where the config says it. */
  public Optional<Platform> platform() {
    return Optional.ofNullable(platform);
  }

  /** The same image of layers with other DiffIDs. */
  public ImageConfig withDiffIds(List<Digest> newDiffIds) {
    ObjectNode copy = json.deepCopy();
    ArrayNode list = copy.withObject("/rootfs").putArray("diff_ids");
    newDiffIds.forEach(diffId -> list.add(diffId.toString()));
    try {
      return new ImageConfig(copy, "config");
    } catch (MalformedDocumentException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  /** The config's bytes, to be stored under {@code mediaType}. */
  public ImageDocument toDocument(String mediaType) {
    return ImageDocument.of(mediaType, JsonDocument.write(json));
  }

  /** The config as JSON; the caller's own copy. */
  public ObjectNode toJson() {
    return json.deepCopy();
  }
}
