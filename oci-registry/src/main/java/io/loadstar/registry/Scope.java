package io.loadstar.registry;

import java.util.List;

/**
 * What a token must allow, in the words of distribution's token specification. Immutable.
 *
 * @param repository whose credentials are used
 * @param parts as {@code repository:NAME:ACTIONS}
 */
record Scope(String repository, List<String> parts) {

  static Scope pull(String repository) {
    return new Scope(repository, List.of("repository:" + repository + ":pull"));
  }

  static Scope push(String repository) {
    return new Scope(repository, List.of("repository:" + repository + ":pull,push"));
  }

  /** For taking a blob from one repository over into another. */
  static Scope mount(String from, String to) {
    return new Scope(
        to, List.of("repository:" + to + ":pull,push", "repository:" + from + ":pull"));
  }
}
