package io.loadstar.inspect;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * How the files of two images differ. Immutable.
 *
 * @param differences by path
 */
public record ImageDiff(List<Difference> differences) {

  /** What became of a file. */
  public enum Kind {
    ADDED,
    REMOVED,
    CHANGED
  }

  /**
   * A file that isn't the same in both.
   *
   * @param fields in what it has changed; empty if it was added or removed
   * @param before its size in the first image
   * @param after its size in the second
   */
  public record Difference(Kind kind, String path, List<String> fields, long before, long after) {

    public Difference {
      fields = List.copyOf(fields);
    }
  }

  public ImageDiff {
    differences = List.copyOf(differences);
  }

  /** From the files of one image to those of another. */
  public static ImageDiff of(ImageFiles before, ImageFiles after) {
    TreeSet<String> paths = new TreeSet<>(before.files().keySet());
    paths.addAll(after.files().keySet());
    List<Difference> differences = new ArrayList<>();
    for (String path : paths) {
      FileFacts old = before.files().get(path);
      FileFacts now = after.files().get(path);
      if (old == null && now != null) {
        differences.add(new Difference(Kind.ADDED, path, List.of(), 0, now.size()));
      } else if (old != null && now == null) {
        differences.add(new Difference(Kind.REMOVED, path, List.of(), old.size(), 0));
      } else if (old != null && now != null) {
        List<String> fields = old.differences(now);
        if (!fields.isEmpty()) {
          differences.add(new Difference(Kind.CHANGED, path, fields, old.size(), now.size()));
        }
      }
    }
    return new ImageDiff(differences);
  }

  /** How many are of {@code kind}. */
  public long count(Kind kind) {
    return differences.stream().filter(each -> each.kind() == kind).count();
  }
}
