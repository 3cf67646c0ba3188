package io.loadstar.daemon;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.toml.TomlMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A table of a TOML document that knows which of its keys were asked for, so that the others can be
 * named. Not thread-safe.
 */
final class TomlTable {

  private static final int MAX_BYTES = 1 << 20;

  private final Source source;
  private final String path;
  private final ObjectNode values;
  private final Set<String> asked = new LinkedHashSet<>();
  private final Map<String, TomlTable> children = new LinkedHashMap<>();

  private record Source(Path file, TomlLines lines) {

    MalformedConfigurationException malformed(String path, String message) {
      return new MalformedConfigurationException(
          file + ":" + lines.of(path) + ": " + path + " " + message);
    }
  }

  private TomlTable(Source source, String path, ObjectNode values) {
    this.source = source;
    this.path = path;
    this.values = values;
  }

  /**
   * Reads a document.
   *
   * @throws MalformedConfigurationException if it isn't TOML, with the line
   * @throws IOException if it can't be read
   */
  static TomlTable read(Path file) throws IOException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    }
    if (bytes.length > MAX_BYTES) {
      throw new MalformedConfigurationException(file + ": larger than " + MAX_BYTES + " bytes");
    }
    String text = new String(bytes, StandardCharsets.UTF_8);
    try {
      JsonNode tree = new TomlMapper().readTree(text);
      ObjectNode values = tree instanceof ObjectNode object ? object : emptyTable();
      return new TomlTable(new Source(file, new TomlLines(text)), "", values);
    } catch (JsonProcessingException e) {
      JsonLocation location = e.getLocation();
      int line = location == null ? 1 : location.getLineNr();
      String reason = e.getOriginalMessage().lines().findFirst().orElse("not TOML");
      throw new MalformedConfigurationException(file + ":" + line + ": " + reason);
    }
  }

  private static ObjectNode emptyTable() {
    return JsonNodeFactory.instance.objectNode();
  }

  boolean flag(String key, boolean otherwise) throws MalformedConfigurationException {
    JsonNode value = value(key);
    if (value.isMissingNode()) {
      return otherwise;
    }
    if (!value.isBoolean()) {
      throw source.malformed(path(key), "must be true or false, not " + value);
    }
    return value.booleanValue();
  }

  /** A whole number from {@code least} on. */
  long number(String key, long least, long otherwise) throws MalformedConfigurationException {
    JsonNode value = value(key);
    if (value.isMissingNode()) {
      return otherwise;
    }
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw source.malformed(path(key), "must be a whole number, not " + value);
    }
    if (value.longValue() < least) {
      throw source.malformed(path(key), "must be " + least + " or more, not " + value);
    }
    return value.longValue();
  }

  String text(String key, String otherwise) throws MalformedConfigurationException {
    JsonNode value = value(key);
    if (value.isMissingNode()) {
      return otherwise;
    }
    if (!value.isTextual()) {
      throw source.malformed(path(key), "must be a string, not " + value);
    }
    return value.textValue();
  }

  /** The table {@code key}, empty if there is none. */
  TomlTable table(String key) throws MalformedConfigurationException {
    JsonNode value = value(key);
    if (value.isMissingNode()) {
      return child(path(key), emptyTable());
    }
    if (!(value instanceof ObjectNode object)) {
      throw source.malformed(path(key), "must be a table, not " + value);
    }
    return child(path(key), object);
  }

  /** The tables of the array {@code key}, none if there is no such key. */
  List<TomlTable> tables(String key) throws MalformedConfigurationException {
    JsonNode value = value(key);
    List<TomlTable> tables = new ArrayList<>();
    if (!value.isMissingNode() && !value.isArray()) {
      throw source.malformed(path(key), "must be an array of tables, not " + value);
    }
    for (JsonNode element : value) {
      if (!(element instanceof ObjectNode object)) {
        throw source.malformed(path(key), "must be an array of tables, not " + value);
      }
      tables.add(child(path(key) + "[" + tables.size() + "]", object));
    }
    return tables;
  }

  /** A list of strings, empty if there is none. */
  List<String> texts(String key) throws MalformedConfigurationException {
    JsonNode value = value(key);
    List<String> texts = new ArrayList<>();
    if (!value.isMissingNode() && !value.isArray()) {
      throw source.malformed(path(key), "must be an array of strings, not " + value);
    }
    for (JsonNode element : value) {
      if (!element.isTextual()) {
        throw source.malformed(path(key), "must be an array of strings, not " + value);
      }
      texts.add(element.textValue());
    }
    return List.copyOf(texts);
  }

  /** Whether the key is there and is {@code true} or {@code false}; not asked for by that. */
  boolean hasFlag(String key) {
    return values.path(key).isBoolean();
  }

  /**
   * A value as it stands in the file.
   *
   * @param table of the document, as {@code a.b}; empty for the document itself
   */
  Optional<JsonNode> at(String table, String key) {
    JsonNode node = values;
    if (!table.isEmpty()) {
      for (String part : table.split("\\.", -1)) {
        node = node.path(part);
      }
    }
    return Optional.of(node.path(key)).filter(value -> !value.isMissingNode());
  }

  /** All keys, whether asked for or not. */
  List<String> keys() {
    List<String> keys = new ArrayList<>();
    values.fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  /** A key that means nothing here, with the line where it stands. */
  record Unknown(String path, int line) {}

  /** The keys that nobody has asked for, of this table and of all below, by line. */
  List<Unknown> unknown() {
    List<String> paths = new ArrayList<>();
    addUnknown(paths);
    return paths.stream()
        .map(unknown -> new Unknown(unknown, source.lines().of(unknown)))
        .sorted(Comparator.comparingInt(Unknown::line))
        .toList();
  }

  private void addUnknown(List<String> unknown) {
    for (String key : keys()) {
      if (!asked.contains(key)) {
        addLeaves(path(key), values.path(key), unknown);
      }
    }
    for (TomlTable child : children.values()) {
      child.addUnknown(unknown);
    }
  }

  /** TOML's parser bounds the depth. */
  private static void addLeaves(String path, JsonNode value, List<String> leaves) {
    if (value.isObject() && !value.isEmpty()) {
      value
          .properties()
          .forEach(entry -> addLeaves(path + "." + entry.getKey(), entry.getValue(), leaves));
    } else {
      leaves.add(path);
    }
  }

  /** The document's keys that were asked for, as {@code a.b}, and no tables. */
  Set<String> asked() {
    Set<String> paths = new LinkedHashSet<>();
    Set<String> tables = new LinkedHashSet<>();
    addAsked(paths, tables);
    paths.removeAll(tables);
    return paths;
  }

  private void addAsked(Set<String> paths, Set<String> tables) {
    asked.forEach(key -> paths.add(path(key)));
    tables.add(path);
    children.values().forEach(child -> child.addAsked(paths, tables));
  }

  /**
   * A path that the value of {@code key} is.
   *
   * @throws MalformedConfigurationException if it isn't absolute
   */
  Path absolute(String key, String text) throws MalformedConfigurationException {
    if (!text.startsWith("/") || text.indexOf('\0') >= 0) {
      throw malformed(key, "must be an absolute path, not " + text);
    }
    return Path.of(text);
  }

  /** An error about {@code key}, with its file and line. */
  MalformedConfigurationException malformed(String key, String message) {
    return source.malformed(path(key), message);
  }

  private TomlTable child(String childPath, ObjectNode object) {
    return children.computeIfAbsent(childPath, _ -> new TomlTable(source, childPath, object));
  }

  private JsonNode value(String key) {
    asked.add(key);
    return values.path(key);
  }

  private String path(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }
}
