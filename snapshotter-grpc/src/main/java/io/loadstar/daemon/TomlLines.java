package io.loadstar.daemon;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * On which line of a TOML document each key stands, for messages: the parser doesn't keep it.
 * Immutable. A document in which a string of several lines looks like keys may get a wrong line.
 *
 * <p>Keys are named as {@code a.b}, those of the n-th table of an array as {@code a[n].b}.
 */
final class TomlLines {

  private static final String KEY = "(?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')";
  private static final String KEYS = KEY + "(?:\\s*\\.\\s*" + KEY + ")*";
  private static final Pattern HEADER =
      Pattern.compile("\\s*(?<open>\\[\\[?)\\s*(?<keys>" + KEYS + ")\\s*\\]\\]?.*");
  private static final Pattern ASSIGNMENT = Pattern.compile("\\s*(?<keys>" + KEYS + ")\\s*=.*");
  private static final Pattern ONE_KEY = Pattern.compile(KEY);

  private final Map<String, Integer> lines = new HashMap<>();

  TomlLines(String document) {
    Map<String, Integer> arrays = new HashMap<>();
    String table = "";
    int number = 0;
    for (String line : document.split("\n", -1)) {
      number++;
      Matcher header = HEADER.matcher(line);
      Matcher assignment = ASSIGNMENT.matcher(line);
      if (header.matches()) {
        table = path(header.group("keys"));
        if (header.group("open").length() == 2) {
          table += "[" + (arrays.merge(table, 1, Integer::sum) - 1) + "]";
        }
        lines.putIfAbsent(table, number);
      } else if (assignment.matches()) {
        String key = path(assignment.group("keys"));
        lines.putIfAbsent(table.isEmpty() ? key : table + "." + key, number);
      }
    }
  }

  /** The line of a key, from 1 on; of one that isn't found, that of the nearest table it is in. */
  int of(String path) {
    String nearest = path;
    while (!lines.containsKey(nearest) && nearest.lastIndexOf('.') > 0) {
      nearest = nearest.substring(0, nearest.lastIndexOf('.'));
    }
    return lines.getOrDefault(nearest, 1);
  }

  private static String path(String keys) {
    List<String> parts = new ArrayList<>();
    Matcher key = ONE_KEY.matcher(keys);
    while (key.find()) {
      String part = key.group();
      boolean quoted = part.startsWith("\"") || part.startsWith("'");
      parts.add(quoted ? part.substring(1, part.length() - 1) : part);
    }
    return String.join(".", parts);
  }
}
