package io.loadstar.lazy;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.loadstar.layer.InodeKind;
import io.loadstar.layer.LayerTree;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** What the files of a layer are called; of a file with several names, one of them. Immutable. */
final class FilePaths {

  /** Of layers with more inodes than this, no paths are known. */
  private static final int MAX_INODES = 1 << 20;

  private final LayerTree tree;

  /** The directory that a file is in, by number; 0 for none. */
  private final int[] directories;

  FilePaths(LayerTree tree) {
    this.tree = tree;
    boolean few = tree.maxInode() <= MAX_INODES;
    this.directories = new int[few ? (int) tree.maxInode() + 1 : 0];
    ArrayDeque<Integer> left = new ArrayDeque<>();
    left.add((int) LayerTree.ROOT);
    for (Integer at = left.poll(); few && at != null; at = left.poll()) {
      for (int i = 0; i < tree.entryCount(at); i++) {
        int entry = (int) tree.entryInode(at, i);
        boolean isNew = directories[entry] == 0;
        directories[entry] = at;
        if (isNew && tree.inodes().kind(entry) == InodeKind.DIRECTORY) {
          left.add(entry);
        }
      }
    }
  }

  /** A path from the layer's root on, which begins with a slash; null if none is known. */
  @Nullable String of(long file) {
    if (file <= 0 || file >= directories.length) {
      return null;
    }
    StringBuilder path = new StringBuilder();
    for (long at = file; at != LayerTree.ROOT; at = directories[(int) at]) {
      if (at == 0) {
        return null;
      }
      path.insert(0, "/" + name(directories[(int) at], at));
    }
    return path.toString();
  }

  private String name(long directory, long entry) {
    for (int i = 0; i < tree.entryCount(directory); i++) {
      if (tree.entryInode(directory, i) == entry) {
        return new String(tree.entryName(directory, i), UTF_8);
      }
    }
    return "";
  }
}
