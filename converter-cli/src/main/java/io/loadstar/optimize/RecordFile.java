package io.loadstar.optimize;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A read order as a file: JSON, a line for each file, as stargz-snapshotter's {@code ctr-remote
 * images optimize --record-out} writes it. Stateless.
 *
 * <pre>
 *   {"path":"usr/bin/python3","manifestDigest":"sha256:…","layerIndex":2}
 * </pre>
 *
 * {@code manifestDigest} is that of the image's manifest before it is optimized, {@code layerIndex}
 * counts its layers from 0. Both may be missing. {@code parts} is ours alone: of a file that wasn't
 * read whole, offset and length of what was, by turns. Fields that aren't known are passed over.
 */
public final class RecordFile {

  /** A file that is larger isn't a record: this is far more than an image has files. */
  private static final long MAX_BYTES = 256L << 20;

  private static final int MAX_LINES = 1_000_000;

  /** Longest line: a path has 4096 bytes, each up to 6 when escaped. */
  private static final int MAX_LINE = 64 << 10;

  private static final int MAX_DEPTH = 8;

  private static final ObjectMapper JSON =
      JsonMapper.builder(
              com.fasterxml.jackson.core.JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MAX_DEPTH)
                          .maxStringLength(MAX_LINE)
                          .build())
                  .build())
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .build();

  private RecordFile() {}

  /**
   * Reads one.
   *
   * @throws OptimizationException if it isn't a record, with the line that isn't
   * @throws IOException if it can't be read
   */
  public static ReadOrder read(Path file) throws IOException {
    if (Files.size(file) > MAX_BYTES) {
      throw new OptimizationException(file + ": more than " + MAX_BYTES + " bytes, so no record");
    }
    List<RecordedFile> files = new ArrayList<>();
    try (BufferedReader reader = Files.newBufferedReader(file)) {
      int number = 1;
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (number > MAX_LINES || line.length() > MAX_LINE) {
          throw new OptimizationException(
              file + ", line " + number + ": a record has no line as long, nor as many");
        }
        if (!line.isBlank()) {
          files.add(parse(line, file + ", line " + number));
        }
        number++;
      }
    } catch (CharacterCodingException e) {
      throw new OptimizationException(file + ": not text in UTF-8, so no record", e);
    }
    return new ReadOrder(files);
  }

  private static RecordedFile parse(String line, String where) throws OptimizationException {
    JsonNode json;
    try {
      json = JSON.readTree(line);
    } catch (JsonProcessingException e) {
      throw new OptimizationException(where + ": not JSON: " + e.getOriginalMessage(), e);
    }
    if (!json.path("path").isTextual() || json.path("path").textValue().isEmpty()) {
      throw new OptimizationException(where + ": no path, so no record");
    }
    JsonNode layer = json.path("layerIndex");
    return new RecordedFile(
        json.path("path").textValue(),
        manifest(json.path("manifestDigest"), where),
        layer.isInt() && layer.intValue() >= 0 ? layer.intValue() : RecordedFile.ANY_LAYER,
        parts(json.path("parts"), where));
  }

  private static List<ByteRange> parts(JsonNode numbers, String where)
      throws OptimizationException {
    boolean absent = numbers.isMissingNode() || numbers.isNull();
    if (!absent && (!numbers.isArray() || numbers.size() % 2 != 0)) {
      throw new OptimizationException(where + ": parts: not offsets and lengths by turns");
    }
    List<ByteRange> parts = new ArrayList<>();
    long end = 0;
    for (int i = 0; i < numbers.size(); i += 2) {
      long offset = numbers.get(i).asLong(-1);
      long length = numbers.get(i + 1).asLong(-1);
      if (offset < end || length <= 0 || offset > Long.MAX_VALUE - length) {
        throw new OptimizationException(where + ": parts: not offsets and lengths, in their order");
      }
      parts.add(new ByteRange(offset, length));
      end = offset + length;
    }
    return parts;
  }

  private static @Nullable Digest manifest(JsonNode digest, String where)
      throws OptimizationException {
    if (!digest.isTextual() || digest.textValue().isEmpty()) {
      return null;
    }
    try {
      return Digest.parse(digest.textValue());
    } catch (IllegalArgumentException e) {
      throw new OptimizationException(where + ": manifestDigest: " + e.getMessage(), e);
    }
  }

  /**
   * Writes one; what was at {@code file} is there until the new one is whole.
   *
   * @throws IOException if it can't be written
   */
  public static void write(ReadOrder order, Path file) throws IOException {
    Path target = file.toAbsolutePath();
    Path fresh = target.resolveSibling(target.getFileName() + ".new");
    try {
      try (Writer out = Files.newBufferedWriter(fresh, StandardCharsets.UTF_8)) {
        for (RecordedFile each : order.files()) {
          out.write(JSON.writeValueAsString(line(each)));
          out.write('\n');
        }
      }
      Files.move(
          fresh, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  private static ObjectNode line(RecordedFile file) {
    ObjectNode json = JSON.createObjectNode().put("path", file.path());
    if (file.manifest() != null) {
      json.put("manifestDigest", file.manifest().toString());
    }
    if (file.layer() >= 0) {
      json.put("layerIndex", file.layer());
    }
    if (!file.parts().isEmpty()) {
      ArrayNode parts = json.putArray("parts");
      file.parts().forEach(part -> parts.add(part.offset()).add(part.length()));
    }
    return json;
  }
}
