package io.loadstar.toc;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** Writes one TOC to a generator. Not thread-safe, used once. */
final class TocJsonWriter {

  /** {@code "key": value}, tabs, and nothing in an empty array. */
  private static final Separators SEPARATORS =
      Separators.createDefaultInstance()
          .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
          .withArrayEmptySeparator("")
          .withObjectEmptySeparator("");

  private final JsonGenerator json;

  private TocJsonWriter(JsonGenerator json) {
    this.json = json;
  }

  static void write(Toc toc, OutputStream out) throws IOException {
    DefaultIndenter tabs = new DefaultIndenter("\t", "\n");
    DefaultPrettyPrinter printer =
        new DefaultPrettyPrinter(SEPARATORS).withObjectIndenter(tabs).withArrayIndenter(tabs);
    try (JsonGenerator json = TocJson.FACTORY.createGenerator(out)) {
      json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
      json.setPrettyPrinter(printer);
      new TocJsonWriter(json).write(toc);
    }
  }

  private void write(Toc toc) throws IOException {
    json.writeStartObject();
    json.writeNumberField("version", toc.version());
    json.writeArrayFieldStart("entries");
    for (TocEntry entry : toc.entries()) {
      write(entry);
    }
    json.writeEndArray();
    if (!toc.unread().isEmpty()) {
      json.writeArrayFieldStart(TocJson.UNREAD);
      for (ByteRange range : toc.unread()) {
        json.writeNumber(range.offset());
        json.writeNumber(range.length());
      }
      json.writeEndArray();
    }
    json.writeEndObject();
  }

  private void write(TocEntry entry) throws IOException {
    json.writeStartObject();
    json.writeStringField("name", entry.name());
    json.writeStringField("type", entry.type().json());
    number("size", entry.size());
    time("modtime", entry.modtime());
    text("linkName", entry.linkName());
    number("mode", entry.mode());
    number("uid", entry.uid());
    number("gid", entry.gid());
    text("userName", entry.userName());
    text("groupName", entry.groupName());
    number("offset", entry.offset());
    number("innerOffset", entry.innerOffset());
    number("devMajor", entry.devMajor());
    number("devMinor", entry.devMinor());
    xattrs(entry.xattrs());
    digest("digest", entry.digest());
    number("chunkOffset", entry.chunkOffset());
    number("chunkSize", entry.chunkSize());
    digest("chunkDigest", entry.chunkDigest());
    json.writeEndObject();
  }

  private void number(String key, long value) throws IOException {
    if (value != 0) {
      json.writeNumberField(key, value);
    }
  }

  private void text(String key, String value) throws IOException {
    if (!value.isEmpty()) {
      json.writeStringField(key, value);
    }
  }

  private void time(String key, @Nullable Instant value) throws IOException {
    if (value != null && !value.equals(Instant.EPOCH)) {
      json.writeStringField(key, value.toString());
    }
  }

  private void digest(String key, @Nullable Digest value) throws IOException {
    if (value != null) {
      json.writeStringField(key, value.toString());
    }
  }

  private void xattrs(SortedMap<String, byte[]> xattrs) throws IOException {
    if (xattrs.isEmpty()) {
      return;
    }
    json.writeObjectFieldStart("xattrs");
    for (Map.Entry<String, byte[]> xattr : xattrs.entrySet()) {
      json.writeStringField(xattr.getKey(), Base64.getEncoder().encodeToString(xattr.getValue()));
    }
    json.writeEndObject();
  }
}
