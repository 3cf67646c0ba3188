package io.loadstar.toc;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.blob.MalformedBlobException;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads one TOC from a parser's tokens. Not thread-safe, used once. */
final class TocJsonReader {

  /** What Go writes for a time that was never set. */
  private static final Instant GO_ZERO_TIME = Instant.parse("0001-01-01T00:00:00Z");

  private final JsonParser parser;
  private final long blobOffset;
  private String lastName = "";
  private String lastTimeText = "";
  private @Nullable Instant lastTime;

  TocJsonReader(JsonParser parser, long blobOffset) {
    this.parser = parser;
    this.blobOffset = blobOffset;
  }

  Toc read() throws IOException {
    require(parser.nextToken() == JsonToken.START_OBJECT, "an object");
    long version = 0;
    List<TocEntry> entries = List.of();
    List<ByteRange> unread = List.of();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = fieldName();
      switch (key) {
        case "version" -> version = number();
        case "entries" -> entries = readEntries();
        case TocJson.UNREAD -> unread = readRanges();
        default -> skip();
      }
    }
    require(parser.nextToken() == null, "nothing behind the object");
    require(version == (int) version, "a version");
    return new Toc((int) version, entries, unread);
  }

  private List<ByteRange> readRanges() throws IOException {
    if (parser.nextToken() == JsonToken.VALUE_NULL) {
      return List.of();
    }
    require(parser.currentToken() == JsonToken.START_ARRAY, "an array of offsets and lengths");
    List<ByteRange> ranges = new ArrayList<>();
    long end = 0;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      require(ranges.size() < TocJson.MAX_UNREAD, "at most " + TocJson.MAX_UNREAD + " stretches");
      require(parser.currentToken() == JsonToken.VALUE_NUMBER_INT, "an offset");
      long offset = parser.getLongValue();
      long length = number();
      require(
          offset >= end && length > 0 && offset <= Long.MAX_VALUE - length,
          "stretches each behind the one before");
      ranges.add(new ByteRange(offset, length));
      end = offset + length;
    }
    return ranges;
  }

  private List<TocEntry> readEntries() throws IOException {
    if (parser.nextToken() == JsonToken.VALUE_NULL) {
      return List.of();
    }
    require(parser.currentToken() == JsonToken.START_ARRAY, "an array of entries");
    List<TocEntry> entries = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      require(parser.currentToken() == JsonToken.START_OBJECT, "an entry");
      require(entries.size() < TocJson.MAX_ENTRIES, "at most " + TocJson.MAX_ENTRIES + " entries");
      entries.add(readEntry());
    }
    return entries;
  }

  private TocEntry readEntry() throws IOException {
    TocEntry.Builder row = TocEntry.of("", EntryType.REGULAR);
    boolean typed = false;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = fieldName();
      switch (key) {
        case "name" -> {
          lastName = name();
          row.name(lastName);
        }
        case "type" -> {
          row.type(type());
          typed = true;
        }
        default -> readColumn(row, key);
      }
    }
    require(typed, "a type");
    return row.build();
  }

  private void readColumn(TocEntry.Builder row, String key) throws IOException {
    switch (key) {
      case "size" -> row.size(number());
      case "modtime" -> row.modtime(time());
      case "linkName" -> row.linkName(name());
      case "mode" -> row.mode(number());
      case "uid" -> row.uid(number());
      case "gid" -> row.gid(number());
      case "userName" -> row.userName(name());
      case "groupName" -> row.groupName(name());
      case "offset" -> row.offset(number());
      case "innerOffset" -> row.innerOffset(number());
      case "devMajor" -> row.devMajor(number());
      case "devMinor" -> row.devMinor(number());
      case "xattrs" -> row.xattrs(readXattrs());
      case "digest" -> row.digest(digest());
      case "chunkOffset" -> row.chunkOffset(number());
      case "chunkSize" -> row.chunkSize(number());
      case "chunkDigest" -> row.chunkDigest(digest());
      default -> skip();
    }
  }

  private SortedMap<String, byte[]> readXattrs() throws IOException {
    if (parser.nextToken() == JsonToken.VALUE_NULL) {
      return Collections.emptySortedMap();
    }
    require(parser.currentToken() == JsonToken.START_OBJECT, "an object of xattrs");
    SortedMap<String, byte[]> xattrs = new TreeMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = fieldName();
      xattrs.put(key, base64());
      require(xattrs.size() <= TocJson.MAX_XATTRS, "at most " + TocJson.MAX_XATTRS + " xattrs");
    }
    return Collections.unmodifiableSortedMap(xattrs);
  }

  private byte[] base64() throws IOException {
    String text = text();
    try {
      byte[] value = Base64.getDecoder().decode(text);
      require(value.length <= TocJson.MAX_XATTR_SIZE, "an xattr of at most 64 KiB");
      return value;
    } catch (IllegalArgumentException e) {
      throw new MalformedBlobException("TOC: xattr value isn't base64" + where(), blobOffset, e);
    }
  }

  private String fieldName() throws IOException {
    require(parser.currentToken() == JsonToken.FIELD_NAME, "a key");
    return parser.currentName();
  }

  private void skip() throws IOException {
    parser.nextToken();
    parser.skipChildren();
  }

  private long number() throws IOException {
    JsonToken token = parser.nextToken();
    if (token == JsonToken.VALUE_NULL) {
      return 0;
    }
    require(token == JsonToken.VALUE_NUMBER_INT, "a whole number");
    return parser.getLongValue();
  }

  private String text() throws IOException {
    JsonToken token = parser.nextToken();
    if (token == JsonToken.VALUE_NULL) {
      return "";
    }
    require(token == JsonToken.VALUE_STRING, "a string");
    return parser.getText();
  }

  private String name() throws IOException {
    String text = text();
    require(text.length() <= TocJson.MAX_NAME_LENGTH, "a name of bearable length");
    return text;
  }

  private EntryType type() throws IOException {
    String word = text();
    EntryType type = EntryType.ofJson(word);
    if (type == null) {
      throw malformed("unknown entry type " + word);
    }
    return type;
  }

  private @Nullable Instant time() throws IOException {
    String text = text();
    if (text.isEmpty()) {
      return null;
    }
    if (!text.equals(lastTimeText)) { // most rows of a layer have the time of the row above
      lastTime = parseTime(text);
      lastTimeText = text;
    }
    return lastTime;
  }

  private @Nullable Instant parseTime(String text) throws MalformedBlobException {
    try {
      Instant time = RowTime.parse(text);
      return time.equals(GO_ZERO_TIME) ? null : time;
    } catch (DateTimeException e) {
      throw new MalformedBlobException("TOC: modtime " + text + where(), blobOffset, e);
    }
  }

  private @Nullable Digest digest() throws IOException {
    String text = text();
    if (text.isEmpty()) {
      return null;
    }
    try {
      return Digest.parse(text);
    } catch (IllegalArgumentException e) {
      throw new MalformedBlobException("TOC: digest " + text + where(), blobOffset, e);
    }
  }

  private void require(boolean holds, String expected) throws MalformedBlobException {
    if (!holds) {
      throw malformed("expected " + expected + ", found " + parser.currentToken());
    }
  }

  private MalformedBlobException malformed(String what) {
    return new MalformedBlobException("TOC: " + what + where(), blobOffset);
  }

  private String where() {
    return ", at byte "
        + parser.currentLocation().getByteOffset()
        + " of the JSON, near entry "
        + lastName;
  }
}
