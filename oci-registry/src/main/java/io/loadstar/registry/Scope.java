package io.loadstar.registry;

import java.util.List;

/**
 * What a token must allow, in the words of distribution's token specification. Immutable.
 *
 * @param parts as {@code repository:NAME:ACTIONS}
 */
record Scope(List<String> parts) {

  static Scope pull(String repository) {
    return new Scope(List.of("repository:" + repository + ":pull"));
  }

  static Scope push(String repository) {
    return new Scope(List.of("repository:" + repository + ":pull,push"));
  }

  /** For taking a blob from one repository over into another. */
  static Scope mount(String from, String to) {
    return new Scope(List.of("repository:" + to + ":pull,push", "repository:" + from + ":pull"));
  }
}
