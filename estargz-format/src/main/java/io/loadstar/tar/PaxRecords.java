package io.loadstar.tar;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.loadstar.blob.MalformedBlobException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The records of PAX extended headers: {@code "<length> <key>=<value>\n"}, where the length counts
 * itself and the value may be any bytes (POSIX pax, "pax Extended Header"). Not thread-safe.
 */
final class PaxRecords {

  static final String XATTR_PREFIX = "SCHILY.xattr.";
  static final String SPARSE_PREFIX = "GNU.sparse.";

  private static final String COMMENT = "comment";

  /** A length of more digits is larger than any header that is read. */
  private static final int MAX_LENGTH_DIGITS = 8;

  private final Map<String, byte[]> values = new LinkedHashMap<>();

  /**
   * Adds the records of one header; a later one replaces an earlier one of the same key.
   *
   * @param offset of {@code bytes} in the tar, for errors
   */
  void add(byte[] bytes, long offset) throws MalformedBlobException {
    int position = 0;
    while (position < bytes.length) {
      position = addOne(bytes, position, offset);
    }
  }

  private int addOne(byte[] bytes, int start, long offset) throws MalformedBlobException {
    int space = start;
    int length = 0;
    while (space < bytes.length && bytes[space] >= '0' && bytes[space] <= '9') {
      length = length * 10 + (bytes[space] - '0');
      space++;
      if (space - start > MAX_LENGTH_DIGITS) {
        throw malformed("length of more than " + MAX_LENGTH_DIGITS + " digits", offset + start);
      }
    }
    int end = start + length;
    if (space == start || space >= bytes.length || bytes[space] != ' ' || end > bytes.length) {
      throw malformed("no length that fits", offset + start);
    }
    int equals = space + 1;
    while (equals < end && bytes[equals] != '=') {
      equals++;
    }
    if (equals >= end || equals == space + 1 || bytes[end - 1] != '\n') {
      throw malformed("no key=value and newline", offset + start);
    }
    String key = new String(bytes, space + 1, equals - space - 1, StandardCharsets.UTF_8);
    values.put(key, java.util.Arrays.copyOfRange(bytes, equals + 1, end - 1));
    return end;
  }

  /** The value of {@code key}; null if there is none, or an empty one, which takes it back. */
  byte @Nullable [] get(String key) {
    byte[] value = values.get(key);
    return value == null || value.length == 0 ? null : value;
  }

  Map<String, byte[]> all() {
    return values;
  }

  void putAbsent(String key, byte[] value) {
    values.putIfAbsent(key, value);
  }

  /** Adds those of {@code others} that aren't here. */
  void addAbsent(PaxRecords others) {
    others.values.forEach(values::putIfAbsent);
  }

  /** Whether there is anything here that says something of an entry, which a comment doesn't. */
  boolean saysAnything() {
    return values.keySet().stream().anyMatch(key -> !key.equals(COMMENT));
  }

  /** The records as they stand in a header, those with an empty value left out. */
  byte[] encode() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    values.forEach((key, value) -> {
      if (value.length > 0) {
        byte[] tail = (" " + key + "=").getBytes(StandardCharsets.UTF_8);
        out.writeBytes(
            Integer.toString(lengthOf(tail.length + value.length + 1)).getBytes(US_ASCII));
        out.writeBytes(tail);
        out.writeBytes(value);
        out.write('\n');
      }
    });
    return out.toByteArray();
  }

  /** A record's length counts its own digits. */
  private static int lengthOf(int rest) {
    int length = rest + 1;
    while (length != rest + Integer.toString(length).length()) {
      length++;
    }
    return length;
  }

  private static MalformedBlobException malformed(String what, long offset) {
    return new MalformedBlobException("PAX record: " + what, offset);
  }
}
