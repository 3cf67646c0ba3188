package io.loadstar.tar;

import java.util.ArrayList;
import java.util.List;

/**
 * The names of entries, cleaned: the one place where that is done. Stateless.
 *
 * <p>"foo", "/foo", "./foo", "../foo", "foo/" and "a/../foo" are the same name, "foo"; the root's
 * is "". Applied to entry names, hardlink targets, lists of prioritized files and lookups; never to
 * symlink targets.
 */
public final class EntryName {

  private EntryName() {}

  /** The cleaned name: components between single slashes, none of them "", "." or "..". */
  public static String clean(String name) {
    return isClean(name) ? name : String.join("/", components(name));
  }

  /** The components of the cleaned name; none for the root. */
  public static List<String> components(String name) {
    List<String> components = new ArrayList<>();
    int start = 0;
    while (start <= name.length()) {
      int slash = name.indexOf('/', start);
      int end = slash < 0 ? name.length() : slash;
      append(components, name.substring(start, end));
      start = end + 1;
    }
    return components;
  }

  private static void append(List<String> components, String component) {
    switch (component) {
      case "", "." -> {}
      case ".." -> {
        if (!components.isEmpty()) {
          components.removeLast();
        }
      }
      default -> components.add(component);
    }
  }

  private static boolean isClean(String name) {
    int start = 0;
    while (start <= name.length()) {
      int slash = name.indexOf('/', start);
      int end = slash < 0 ? name.length() : slash;
      int length = end - start;
      boolean dots =
          length > 0 && length <= 2 && name.charAt(start) == '.' && name.charAt(end - 1) == '.';
      if ((length == 0 && !name.isEmpty()) || dots) {
        return false;
      }
      start = end + 1;
    }
    return true;
  }
}
