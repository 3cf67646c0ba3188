package io.loadstar.blob;

/**
 * Text as it can be shown in one line of a terminal or a log. Names in an image may be any text:
 * also line ends, and what a terminal takes as commands. Stateless.
 */
public final class OneLine {

  private OneLine() {}

  /** The text, with each character that isn't to be shown as {@code \}{@code uXXXX}. */
  public static String of(String text) {
    int first = 0;
    while (first < text.length() && isShown(text.charAt(first))) {
      first++;
    }
    if (first == text.length()) {
      return text;
    }
    StringBuilder line = new StringBuilder(text.length() + 20).append(text, 0, first);
    for (int i = first; i < text.length(); i++) {
      char each = text.charAt(i);
      if (isShown(each)) {
        line.append(each);
      } else {
        line.append(String.format("\\u%04x", (int) each));
      }
    }
    return line.toString();
  }

  private static boolean isShown(char each) {
    return switch (Character.getType(each)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
