package io.loadstar.build;

import java.util.ArrayList;
import java.util.List;

/** One component of a {@link PathGlob}. Immutable. */
final class NameGlob {

  private final List<Token> tokens;

  private NameGlob(List<Token> tokens) {
    this.tokens = tokens;
  }

  /** What a part of a glob stands for. */
  private sealed interface Token {

    record One(int character) implements Token {}

    record AnyOne() implements Token {}

    record AnyRun() implements Token {}

    /** Pairs of first and last characters. */
    record Set(List<Range> ranges, boolean others) implements Token {}
  }

  private record Range(int first, int last) {}

  static NameGlob of(String glob) {
    int[] characters = glob.codePoints().toArray();
    List<Token> tokens = new ArrayList<>();
    for (int at = 0; at < characters.length; at++) {
      switch (characters[at]) {
        case '*' -> tokens.add(new Token.AnyRun());
        case '?' -> tokens.add(new Token.AnyOne());
        case '\\' -> {
          at = Math.min(at + 1, characters.length - 1);
          tokens.add(new Token.One(characters[at]));
        }
        case '[' -> {
          int end = endOfSet(characters, at);
          tokens.add(end < 0 ? new Token.One('[') : set(characters, at + 1, end));
          at = end < 0 ? at : end;
        }
        default -> tokens.add(new Token.One(characters[at]));
      }
    }
    return new NameGlob(tokens);
  }

  /** Where the bracket closes: not at once, since "[]]" is a set of one; -1 if it doesn't. */
  private static int endOfSet(int[] characters, int open) {
    int at = open + 1;
    if (at < characters.length && isNegation(characters[at])) {
      at++;
    }
    for (at++; at < characters.length; at++) {
      if (characters[at] == ']') {
        return at;
      }
    }
    return -1;
  }

  private static boolean isNegation(int character) {
    return character == '!' || character == '^';
  }

  private static Token.Set set(int[] characters, int begin, int end) {
    boolean others = isNegation(characters[begin]);
    List<Range> ranges = new ArrayList<>();
    for (int at = others ? begin + 1 : begin; at < end; at++) {
      boolean range = at + 2 < end && characters[at + 1] == '-';
      ranges.add(new Range(characters[at], characters[range ? at + 2 : at]));
      at = range ? at + 2 : at;
    }
    return new Token.Set(ranges, others);
  }

  boolean matches(String name) {
    int at = 0;
    int token = 0;
    int run = -1;
    int runEnd = 0;
    while (at < name.length()) {
      int character = name.codePointAt(at);
      if (token < tokens.size() && tokens.get(token) instanceof Token.AnyRun) {
        run = token++;
        runEnd = at;
      } else if (token < tokens.size() && takes(tokens.get(token), character)) {
        token++;
        at += Character.charCount(character);
      } else if (run >= 0) {
        runEnd += Character.charCount(name.codePointAt(runEnd));
        at = runEnd;
        token = run + 1;
      } else {
        return false;
      }
    }
    while (token < tokens.size() && tokens.get(token) instanceof Token.AnyRun) {
      token++;
    }
    return token == tokens.size();
  }

  private static boolean takes(Token token, int character) {
    return switch (token) {
      case Token.One(int one) -> one == character;
      case Token.AnyOne(), Token.AnyRun() -> true;
      case Token.Set(List<Range> ranges, boolean others) ->
          others != ranges.stream().anyMatch(r -> r.first() <= character && character <= r.last());
    };
  }
}
