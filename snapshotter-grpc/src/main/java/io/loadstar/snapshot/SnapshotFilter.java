package io.loadstar.snapshot;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * Which snapshots a List is to show. Immutable.
 *
 * <p>A filter is a list of expressions of which one must hold; none at all lets everything through.
 * An expression is a list of selectors, parted by commas, which must all hold:
 *
 * <pre>
 * selector = field { "." field } [ operator value ]
 * field    = quoted | letter { letter | digit | "_" }
 * operator = "==" | "!=" | "~="
 * value    = quoted | any but blank and comma, one or more
 * quoted   = '"' ... '"'; a value may also stand between slashes or bars
 * </pre>
 *
 * <p>Fields are {@code name}, {@code parent}, {@code kind} and {@code labels.<name>}; without an
 * operator a selector asks whether the field is there. Source: containerd, pkg/filters, and the
 * snapshots' adaptor to it.
 */
public final class SnapshotFilter {

  /** Lets everything through. */
  public static final SnapshotFilter ALL = new SnapshotFilter(List.of(), List.of());

  /**
   * How many characters a pattern may look at in one value. Java's patterns backtrack, containerd's
   * don't: this is what keeps a bad one from holding a thread.
   */
  private static final int MAX_PATTERN_STEPS = 1 << 20;

  private final List<String> expressions;
  private final List<List<Selector>> alternatives;

  private SnapshotFilter(List<String> expressions, List<List<Selector>> alternatives) {
    this.expressions = List.copyOf(expressions);
    this.alternatives = List.copyOf(alternatives);
  }

  /**
   * Reads a filter.
   *
   * @throws SnapshotException.InvalidArgument if an expression isn't one, with the place
   */
  public static SnapshotFilter parse(List<String> expressions)
      throws SnapshotException.InvalidArgument {
    List<List<Selector>> parsed = new ArrayList<>();
    for (String expression : expressions) {
      parsed.add(new FilterParser(expression).parse());
    }
    return new SnapshotFilter(expressions, parsed);
  }

  /** The expressions as they were read. */
  public List<String> expressions() {
    return expressions;
  }

  /**
   * Whether {@code snapshot} passes.
   *
   * @throws SnapshotException.InvalidArgument if a pattern takes too many steps
   */
  public boolean matches(SnapshotInfo snapshot) throws SnapshotException.InvalidArgument {
    for (List<Selector> selectors : alternatives) {
      if (allMatch(selectors, snapshot)) {
        return true;
      }
    }
    return alternatives.isEmpty();
  }

  private static boolean allMatch(List<Selector> selectors, SnapshotInfo snapshot)
      throws SnapshotException.InvalidArgument {
    for (Selector selector : selectors) {
      if (!selector.matches(snapshot)) {
        return false;
      }
    }
    return true;
  }

  /** What a selector asks of its field. */
  sealed interface Condition {
    record Present() implements Condition {}

    record Equal(String value) implements Condition {}

    record NotEqual(String value) implements Condition {}

    record Matching(Pattern pattern) implements Condition {

      static Matching of(String expression) throws SnapshotException.InvalidArgument {
        try {
          return new Matching(Pattern.compile(expression));
        } catch (PatternSyntaxException e) {
          throw new SnapshotException.InvalidArgument(
              "not a regular expression: " + expression + ": " + e.getDescription());
        }
      }
    }
  }

  /** One comparison. */
  record Selector(List<String> path, Condition condition) {

    boolean matches(SnapshotInfo snapshot) throws SnapshotException.InvalidArgument {
      String actual = field(snapshot);
      String text = actual == null ? "" : actual;
      return switch (condition) {
        case Condition.Present() -> actual != null;
        case Condition.Equal(String value) -> value.equals(actual);
        case Condition.NotEqual(String value) -> !value.equals(text);
        case Condition.Matching(Pattern pattern) -> find(pattern, text);
      };
    }

    private @Nullable String field(SnapshotInfo snapshot) {
      return switch (path.getFirst()) {
        case "name" -> snapshot.name();
        case "parent" -> snapshot.parent();
        case "kind" -> snapshot.kind().name().toLowerCase(Locale.ROOT);
        case "labels" -> snapshot.labels().get(String.join(".", path.subList(1, path.size())));
        default -> null;
      };
    }

    private static boolean find(Pattern pattern, String text)
        throws SnapshotException.InvalidArgument {
      try {
        return pattern.matcher(new CountedText(text)).find();
      } catch (TooManySteps | StackOverflowError e) {
        throw new SnapshotException.InvalidArgument(
            "pattern takes too many steps: " + pattern.pattern());
      }
    }
  }

  /** A text that can be looked at only so often. Not thread-safe. */
  private static final class CountedText implements CharSequence {
    private final String text;
    private int steps = MAX_PATTERN_STEPS;

    CountedText(String text) {
      this.text = text;
    }

    @Override
    public int length() {
      return text.length();
    }

    @Override
    public char charAt(int index) {
      if (--steps < 0) {
        throw new TooManySteps();
      }
      return text.charAt(index);
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return text.substring(start, end);
    }

    @Override
    public String toString() {
      return text;
    }
  }

  private static final class TooManySteps extends RuntimeException {
    private static final long serialVersionUID = 1;

    TooManySteps() {
      super("too many steps", null, false, false);
    }
  }
}
