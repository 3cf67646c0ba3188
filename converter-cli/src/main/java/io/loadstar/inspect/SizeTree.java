package io.loadstar.inspect;

import io.loadstar.tar.EntryName;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * An image's files as a tree of directories with what is in them. Not thread-safe while it is made,
 * immutable afterwards.
 */
public final class SizeTree {

  private final String name;
  private final Map<String, SizeTree> children = new TreeMap<>();
  private long bytes;
  private long files;

  private SizeTree(String name) {
    this.name = name;
  }

  /** The tree of {@code files}. */
  public static SizeTree of(ImageFiles files) {
    SizeTree root = new SizeTree("/");
    for (FileFacts file : files.files().values()) {
      SizeTree node = root;
      node.add(file);
      for (String component : EntryName.components(file.path())) {
        node = node.children.computeIfAbsent(component, SizeTree::new);
        node.add(file);
      }
    }
    return root;
  }

  private void add(FileFacts file) {
    bytes += file.size();
    files += file.size() > 0 ? 1 : 0;
  }

  public String name() {
    return name;
  }

  /** Bytes of the files in it, at any depth; a file with several names counts by each. */
  public long bytes() {
    return bytes;
  }

  /** How many files with content are in it, at any depth. */
  public long files() {
    return files;
  }

  /** What is directly in it, the largest first. */
  public List<SizeTree> children() {
    return children.values().stream()
        .sorted(Comparator.comparingLong(SizeTree::bytes).reversed().thenComparing(SizeTree::name))
        .toList();
  }

  /** A node of the tree and how deep it lies under the root. */
  public record Level(SizeTree node, int depth) {}

  /**
   * The nodes down to {@code depth}, each before what is in it.
   *
   * @param share the least part of the whole that is worth showing
   */
  public List<Level> levels(int depth, double share) {
    List<Level> shown = new ArrayList<>();
    Deque<Level> open = new ArrayDeque<>();
    open.push(new Level(this, 0));
    while (!open.isEmpty()) {
      Level level = open.pop();
      shown.add(level);
      if (level.depth() < depth) {
        List<SizeTree> inside =
            level.node().children().stream()
                .filter(child -> child.bytes > 0 && child.bytes >= share * bytes)
                .toList();
        for (SizeTree child : inside.reversed()) {
          open.push(new Level(child, level.depth() + 1));
        }
      }
    }
    return shown;
  }
}
