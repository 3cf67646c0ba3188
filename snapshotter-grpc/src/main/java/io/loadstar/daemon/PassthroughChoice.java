package io.loadstar.daemon;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Whether the kernel reads whole files itself. */
enum PassthroughChoice {

  /** Never: what costs nobody a container. */
  OFF,

  /** If it turns out at start that it can. */
  AUTO,

  /** Yes; a start where it can't fails. */
  ON;

  /** What the peer's {@code true} and {@code false} come to. */
  static PassthroughChoice ofFlag(boolean wanted) {
    return wanted ? AUTO : OFF;
  }

  /** What the configuration calls it. */
  String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The one that the configuration calls so; null if there is none. */
  static @Nullable PassthroughChoice named(String name) {
    for (PassthroughChoice choice : values()) {
      if (choice.text().equals(name)) {
        return choice;
      }
    }
    return null;
  }
}
