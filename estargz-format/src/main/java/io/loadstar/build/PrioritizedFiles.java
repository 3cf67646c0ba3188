package io.loadstar.build;

import java.util.List;

/**
 * Files that are placed before the landmark, in this order. Immutable.
 *
 * @param paths as the user spells them; cleaned when they are looked for
 * @param absent what is done about a path that the layer doesn't have
 */
public record PrioritizedFiles(List<String> paths, Absent absent) {

  /** No file is prioritized: the layer says that nothing is to be prefetched. */
  public static final PrioritizedFiles NONE = new PrioritizedFiles(List.of(), Absent.REFUSE);

  /** What is done about a path that the layer doesn't have. */
  public enum Absent {
    /** The layer isn't built. */
    REFUSE,
    /** It is left out, and told in {@link BuiltLayer#missed}. */
    SKIP
  }

  public PrioritizedFiles {
    paths = List.copyOf(paths);
  }
}
