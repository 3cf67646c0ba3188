package io.loadstar.layout;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.loadstar.oci.ImageReference;
import io.loadstar.oci.JsonDocument;
import io.loadstar.oci.MalformedReferenceException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The images of a docker archive, by its {@code manifest.json}: a list of {@code {"Config",
 * "RepoTags", "Layers"}}, which are the names of entries and references. Immutable. Source: moby,
 * image/spec/v1.2.md, "Combined Image JSON + Filesystem Changeset Format".
 *
 * @param items in the archive's order
 */
record DockerArchiveList(List<Item> items) {

  private static final String NAME = "manifest.json";
  private static final int MAX_BYTES = 16 << 20;
  private static final int MAX_ITEMS = 10_000;
  private static final int NAMES_SHOWN = 5;

  /**
   * One image.
   *
   * @param config the entry that is the config
   * @param names its references, in full
   * @param layers the entries that are its layers, lowest first
   */
  record Item(String config, List<String> names, List<String> layers) {
    Item {
      names = List.copyOf(names);
      layers = List.copyOf(layers);
    }
  }

  DockerArchiveList {
    items = List.copyOf(items);
  }

  static DockerArchiveList read(TarArchive archive) throws IOException {
    if (!archive.has(NAME)) {
      throw new LayoutException.NotALayout(
          "archive "
              + archive.file()
              + " has no "
              + NAME
              + (archive.has("index.json")
                  ? " – it is an OCI archive: say oci-archive:" + archive.file()
                  : " – it isn't what docker save writes"),
          null);
    }
    // The reader of documents takes objects, so the list becomes a field of one.
    ByteArrayOutputStream wrapped = new ByteArrayOutputStream();
    wrapped.write("{\"items\":".getBytes(StandardCharsets.US_ASCII));
    wrapped.write(archive.read(NAME, MAX_BYTES));
    wrapped.write('}');
    ObjectNode json =
        JsonDocument.parse(wrapped.toByteArray(), "archive " + archive.file() + ", " + NAME);
    JsonNode list = json.path("items");
    if (!list.isArray() || list.size() > MAX_ITEMS) {
      throw malformed(archive, "isn't a list of at most " + MAX_ITEMS + " images");
    }
    List<Item> items = new ArrayList<>();
    for (JsonNode item : list) {
      items.add(item(archive, item));
    }
    return new DockerArchiveList(items);
  }

  /** The names that there are, at most a line of them. */
  String known() {
    List<String> names =
        items.stream().flatMap(item -> item.names().stream()).limit(NAMES_SHOWN).toList();
    return names.isEmpty() ? "" : " (it has " + String.join(", ", names) + ")";
  }

  private static Item item(TarArchive archive, JsonNode json) throws LayoutException {
    if (!json.path("Config").isTextual()) {
      throw malformed(archive, "has an image without Config");
    }
    return new Item(
        json.path("Config").textValue(),
        texts(archive, json.path("RepoTags")).stream().map(DockerArchiveList::full).toList(),
        texts(archive, json.path("Layers")));
  }

  /** As references are compared: with host and tag. */
  private static String full(String name) {
    try {
      return ImageReference.parse(name).toString();
    } catch (MalformedReferenceException e) {
      return name;
    }
  }

  private static List<String> texts(TarArchive archive, JsonNode list) throws LayoutException {
    List<String> texts = new ArrayList<>();
    for (JsonNode element : list) {
      if (!element.isTextual() || texts.size() == MAX_ITEMS) {
        throw malformed(archive, "has something else than a list of names");
      }
      texts.add(element.textValue());
    }
    return texts;
  }

  private static LayoutException malformed(TarArchive archive, String problem) {
    return new LayoutException.MalformedArchive(archive.file(), NAME + " " + problem, null);
  }
}
