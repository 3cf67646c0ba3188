package io.loadstar.pull.served;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What is said at a time: a word, and values after it with single spaces between. Immutable.
 *
 * <p>Values are written as in a form ({@code application/x-www-form-urlencoded}), so that whatever
 * is in them there is no space and no end of line.
 */
record Line(String word, List<String> values) {

  Line {
    values = List.copyOf(values);
  }

  static Line of(String word, Object... values) {
    return new Line(word, Arrays.stream(values).map(String::valueOf).toList());
  }

  /**
   * Reads one.
   *
   * @throws MalformedLineException if a value isn't written as it has to be
   */
  static Line parse(String text) throws MalformedLineException {
    String[] parts = text.split(" ", -1);
    List<String> values = new ArrayList<>();
    try {
      for (int i = 1; i < parts.length; i++) {
        values.add(URLDecoder.decode(parts[i], StandardCharsets.UTF_8));
      }
    } catch (IllegalArgumentException e) {
      throw new MalformedLineException("a value isn't written as in a form");
    }
    return new Line(parts[0], values);
  }

  /**
   * A value.
   *
   * @throws MalformedLineException if there are fewer
   */
  String value(int index) throws MalformedLineException {
    if (index >= values.size()) {
      throw new MalformedLineException("a line has only " + values.size() + " values");
    }
    return values.get(index);
  }

  /**
   * A value that is a number of bytes or of nanoseconds.
   *
   * @throws MalformedLineException if it is something else
   */
  long number(int index) throws MalformedLineException {
    try {
      long number = Long.parseLong(value(index));
      if (number >= 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // As below.
    }
    throw new MalformedLineException("a value isn't a number");
  }

  /**
   * A value that is a constant's name.
   *
   * @throws MalformedLineException if it is none
   */
  <E extends Enum<E>> E constant(int index, Class<E> type) throws MalformedLineException {
    String name = value(index);
    for (E constant : type.getEnumConstants()) {
      if (constant.name().equals(name)) {
        return constant;
      }
    }
    throw new MalformedLineException("a value isn't one of those that are known");
  }

  /** As it is sent, with its end. */
  byte[] bytes() {
    StringBuilder text = new StringBuilder(word);
    for (String value : values) {
      text.append(' ').append(URLEncoder.encode(value, StandardCharsets.UTF_8));
    }
    return text.append('\n').toString().getBytes(StandardCharsets.US_ASCII);
  }

  /** Values may be secrets. */
  @Override
  public String toString() {
    return "Line[" + word + "]";
  }
}
