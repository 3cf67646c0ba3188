package io.loadstar.build;

import io.loadstar.blob.ByteRange;
import io.loadstar.tar.EntryName;
import java.util.List;
import java.util.Map;

/**
 * Files that are placed before the landmark, in this order. Immutable.
 *
 * @param paths as the user spells them; cleaned when they are looked for
 * @param spelling what a path can mean
 * @param absent what is done about a path that the layer doesn't have
 * @param parts of files that aren't wanted whole, by their paths as {@link EntryName#clean} leaves
 *     them: what is wanted of them, in bytes of the file, each part behind the one before
 */
public record PrioritizedFiles(
    List<String> paths, Spelling spelling, Absent absent, Map<String, List<ByteRange>> parts) {

  /** No file is prioritized: the layer says that nothing is to be prefetched. */
  public static final PrioritizedFiles NONE = new PrioritizedFiles(List.of(), Absent.REFUSE);

  /** What a path can mean. */
  public enum Spelling {
    /** The one entry of that name. */
    EXACT,
    /**
     * A line that a person wrote: a name, where a directory's means all that is in it and a
     * symbolic link's also what it leads to; or else a glob, as {@link #ofList} says.
     */
    PATTERN
  }

  /** What is done about a path that the layer doesn't have. */
  public enum Absent {
    /** The layer isn't built. */
    REFUSE,
    /** It is left out, and told in {@link BuiltLayer#missed}. */
    SKIP
  }

  public PrioritizedFiles {
    paths = List.copyOf(paths);
    parts = Map.copyOf(parts);
  }

  /** All of each file. */
  public PrioritizedFiles(List<String> paths, Spelling spelling, Absent absent) {
    this(paths, spelling, absent, Map.of());
  }

  /** The entries of these names. */
  public PrioritizedFiles(List<String> paths, Absent absent) {
    this(paths, Spelling.EXACT, absent);
  }

  /** Those, and of some files only these parts; see {@link #parts}. */
  public PrioritizedFiles withParts(Map<String, List<ByteRange>> some) {
    return new PrioritizedFiles(paths, spelling, absent, some);
  }

  /**
   * Whether anything of a file is wanted between two offsets in it.
   *
   * @param name as its entry has it
   */
  boolean wants(String name, long from, long to) {
    List<ByteRange> some = parts.isEmpty() ? null : parts.get(EntryName.clean(name));
    return some == null || some.stream().anyMatch(part -> part.offset() < to && from < part.end());
  }

  /**
   * What a list says, a path or glob in each line. Blank lines and those that begin with {@code #}
   * are left out, as are blanks and carriage returns at a line's ends. Layers differ in what they
   * have, so a path that one lacks is skipped.
   *
   * <p>In a glob {@code *} stands for any characters but a slash, {@code ?} for one, {@code [a-z]}
   * and {@code [!a-z]} for one of a set or of all others; {@code **} between slashes, or at an end,
   * for any number of directories; a backslash takes a character's meaning away. What a glob
   * matches comes in the order of the archive; a directory that it matches comes without what is in
   * it. A line that is a file's very name is never a glob.
   */
  public static PrioritizedFiles ofList(List<String> lines) {
    List<String> paths =
        lines.stream()
            .map(line -> line.startsWith("\ufeff") ? line.substring(1) : line)
            .map(String::strip)
            .filter(line -> !line.isEmpty() && !line.startsWith("#"))
            .distinct()
            .toList();
    return new PrioritizedFiles(paths, Spelling.PATTERN, Absent.SKIP);
  }
}
