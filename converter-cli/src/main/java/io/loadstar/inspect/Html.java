package io.loadstar.inspect;

/** Text on its way into an HTML page: what comes from an image is hostile. Stateless. */
final class Html {

  private static final int MAX_SHOWN = 200;

  private Html() {}

  /** {@code text} for an element's content or a quoted attribute; control characters are shown. */
  static String text(String text) {
    String cut =
        text.length() <= MAX_SHOWN ? text : "…" + text.substring(text.length() - MAX_SHOWN);
    StringBuilder safe = new StringBuilder(cut.length());
    for (int i = 0; i < cut.length(); i++) {
      char c = cut.charAt(i);
      switch (c) {
        case '<' -> safe.append("&lt;");
        case '>' -> safe.append("&gt;");
        case '&' -> safe.append("&amp;");
        case '"' -> safe.append("&quot;");
        case '\'' -> safe.append("&#39;");
        default -> safe.append(isShown(c) ? c : '\ufffd');
      }
    }
    return safe.toString();
  }

  /** Not controls, and not what turns the reading direction around. */
  private static boolean isShown(char c) {
    boolean turns = (c >= '\u202a' && c <= '\u202e') || (c >= '\u2066' && c <= '\u2069');
    return !Character.isISOControl(c) && !turns;
  }
}
