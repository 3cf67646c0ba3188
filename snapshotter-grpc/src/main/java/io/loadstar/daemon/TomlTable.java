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
import java.util.LinkedHashSet;
import java.util.List;
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
  private final List<TomlTable> children = new ArrayList<>();

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

  /** All keys, whether asked for or not. */
  List<String> keys() {
    List<String> keys = new ArrayList<>();
    values.fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  /** The keys that nobody has asked for, of this table and of those below that were. */
  List<String> unknown() {
    List<String> unknown = new ArrayList<>();
    for (String key : keys()) {
      if (!asked.contains(key)) {
        unknown.add(path(key));
      }
    }
    for (TomlTable child : children) {
      unknown.addAll(child.unknown());
    }
    return unknown;
  }

  /** An error about {@code key}, with its file and line. */
  MalformedConfigurationException malformed(String key, String message) {
    return source.malformed(path(key), message);
  }

  private TomlTable child(String childPath, ObjectNode object) {
    TomlTable child = new TomlTable(source, childPath, object);
    children.add(child);
    return child;
  }

  private JsonNode value(String key) {
    asked.add(key);
    return values.path(key);
  }

  private String path(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }
}
