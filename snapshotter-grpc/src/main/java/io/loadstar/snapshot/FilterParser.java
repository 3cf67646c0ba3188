package io.loadstar.snapshot;

import io.loadstar.snapshot.SnapshotFilter.Condition;
import io.loadstar.snapshot.SnapshotFilter.Selector;
import java.util.ArrayList;
import java.util.List;

/** Reads one expression of a {@link SnapshotFilter}, whose comment has the grammar. */
final class FilterParser {

  /** More than containerd would ever send; bounds what a request may cost. */
  private static final int MAX_LENGTH = 16 * 1024;

  private final String text;
  private int position;

  FilterParser(String text) {
    this.text = text;
  }

  List<Selector> parse() throws SnapshotException.InvalidArgument {
    if (text.length() > MAX_LENGTH) {
      throw new SnapshotException.InvalidArgument("filter is longer than " + MAX_LENGTH);
    }
    List<Selector> selectors = new ArrayList<>();
    do {
      selectors.add(selector());
      skipBlanks();
    } while (take(","));
    if (position < text.length()) {
      throw malformed("a comma or the end");
    }
    return List.copyOf(selectors);
  }

  private Selector selector() throws SnapshotException.InvalidArgument {
    List<String> path = new ArrayList<>();
    skipBlanks();
    do {
      path.add(field());
    } while (take("."));
    skipBlanks();
    return new Selector(List.copyOf(path), condition());
  }

  private Condition condition() throws SnapshotException.InvalidArgument {
    if (take("==")) {
      return new Condition.Equal(value());
    }
    if (take("!=")) {
      return new Condition.NotEqual(value());
    }
    if (take("~=")) {
      return Condition.Matching.of(value());
    }
    return new Condition.Present();
  }

  private String field() throws SnapshotException.InvalidArgument {
    if (peek() == '"') {
      return quoted('"');
    }
    int start = position;
    while (isFieldCharacter(peek(), position == start)) {
      position++;
    }
    if (position == start) {
      throw malformed("a field");
    }
    return text.substring(start, position);
  }

  private String value() throws SnapshotException.InvalidArgument {
    skipBlanks();
    int first = peek();
    if (first == '"' || first == '/' || first == '|') {
      return quoted((char) first);
    }
    int start = position;
    while (peek() >= 0 && peek() != ',' && !Character.isWhitespace(peek())) {
      position++;
    }
    if (position == start) {
      throw malformed("a value");
    }
    return text.substring(start, position);
  }

  /**
   * A quoted text, with Go's escapes for double quotes. Between slashes or bars only the delimiter
   * itself can be escaped: what stands there is a regular expression.
   */
  private String quoted(char delimiter) throws SnapshotException.InvalidArgument {
    StringBuilder value = new StringBuilder();
    position++;
    while (peek() >= 0 && peek() != delimiter) {
      char next = text.charAt(position++);
      if (next == '\\' && (delimiter == '"' || peek() == delimiter)) {
        value.appendCodePoint(escape());
      } else {
        value.append(next);
      }
    }
    if (!take(String.valueOf(delimiter))) {
      throw malformed("a closing " + delimiter);
    }
    return value.toString();
  }

  /** What stands behind a backslash. Source: Go specification, "Rune literals". */
  private int escape() throws SnapshotException.InvalidArgument {
    int letter = peek();
    position++;
    return switch (letter) {
      case 'a' -> 7;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'v' -> 11;
      case '\\', '"', '\'', '/', '|' -> letter;
      case 'x' -> hexadecimal(2);
      case 'u' -> hexadecimal(4);
      case 'U' -> hexadecimal(8);
      default -> throw malformed("an escape");
    };
  }

  private int hexadecimal(int digits) throws SnapshotException.InvalidArgument {
    int value = 0;
    for (int i = 0; i < digits; i++) {
      int digit = Character.digit(Math.max(0, peek()), 16);
      if (digit < 0 || value > Character.MAX_CODE_POINT >> 4) {
        throw malformed("a code point of " + digits + " hexadecimal digits");
      }
      value = (value << 4) | digit;
      position++;
    }
    return value;
  }

  private static boolean isFieldCharacter(int c, boolean first) {
    boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    boolean inner = (c >= '0' && c <= '9') || c == '_';
    return letter || (inner && !first);
  }

  private void skipBlanks() {
    while (peek() >= 0 && Character.isWhitespace(peek())) {
      position++;
    }
  }

  private boolean take(String token) {
    if (!text.startsWith(token, position)) {
      return false;
    }
    position += token.length();
    return true;
  }

  private int peek() {
    return position < text.length() ? text.charAt(position) : -1;
  }

  private SnapshotException.InvalidArgument malformed(String expected) {
    return new SnapshotException.InvalidArgument(
        "filter " + text + ": expected " + expected + " at character " + position);
  }
}
