package io.loadstar.build;

import io.loadstar.tar.EntryName;
import java.util.List;

/**
 * A glob over cleaned names, as {@link PrioritizedFiles#ofList} describes it. Immutable.
 *
 * <p>Matching takes time in proportion to pattern and name: a run of anything ends where what is
 * behind it first fits, and only the last run is ever made longer.
 */
final class PathGlob {

  private static final String ANY_DIRECTORIES = "**";

  private final List<String> spelled;
  private final List<NameGlob> components;

  private PathGlob(List<String> spelled) {
    this.spelled = spelled;
    this.components = spelled.stream().map(NameGlob::of).toList();
  }

  /** The glob that {@code pattern}, cleaned as a name is, spells. */
  static PathGlob of(String pattern) {
    return new PathGlob(EntryName.components(pattern));
  }

  /** Whether {@code path} can match anything but itself. */
  static boolean isGlob(String path) {
    return path.chars().anyMatch(unit -> "*?[\\".indexOf(unit) >= 0);
  }

  /** The directory that all names that it matches lie in: "" if that is only the root. */
  String directory() {
    int plain = 0;
    while (plain < spelled.size() - 1 && !isGlob(spelled.get(plain))) {
      plain++;
    }
    return String.join("/", spelled.subList(0, plain));
  }

  /** Whether a cleaned name is one of those that are meant. */
  boolean matches(String name) {
    List<String> parts = EntryName.components(name);
    int part = 0;
    int glob = 0;
    int run = -1;
    int runEnd = 0;
    while (part < parts.size()) {
      if (glob < spelled.size() && spelled.get(glob).equals(ANY_DIRECTORIES)) {
        run = glob++;
        runEnd = part;
      } else if (glob < spelled.size() && components.get(glob).matches(parts.get(part))) {
        glob++;
        part++;
      } else if (run >= 0) {
        part = ++runEnd;
        glob = run + 1;
      } else {
        return false;
      }
    }
    while (glob < spelled.size() && spelled.get(glob).equals(ANY_DIRECTORIES)) {
      glob++;
    }
    return glob == spelled.size();
  }
}
