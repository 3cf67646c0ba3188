package io.loadstar.layer;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.MalformedBlobException;
import io.loadstar.layer.TreeDraft.Node;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Numbers the nodes of a tree, breadth first in the order of the names, so that a directory's
 * number is always lower than those of what is in it. Not thread-safe; one tree or view is made of
 * it.
 */
final class TreeNumbering {

  /** In the order of their numbers, from 1. */
  private final List<Node> nodes = new ArrayList<>();

  private final List<Listing> listings = new ArrayList<>();
  private final InodeFactory inodes;
  private final List<ByteRange> unread;
  private boolean whiteouts;

  /** A directory's entries by name. */
  private record Listing(Node directory, Node parent, List<Named> entries) {}

  /** Never compared, and the array is never written to. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Named(byte[] name, Node node) {}

  /** A directory that was reached, and from where. */
  private record Reached(Node directory, Node parent) {}

  private TreeNumbering(InodeFactory inodes, List<ByteRange> unread) {
    this.inodes = inodes;
    this.unread = unread;
  }

  /**
   * Numbers all that is below {@code root}.
   *
   * @param inodes makes inodes of what is numbered
   * @param unread what isn't to be prefetched
   */
  static TreeNumbering of(Node root, InodeFactory inodes, List<ByteRange> unread) {
    TreeNumbering numbering = new TreeNumbering(inodes, unread);
    numbering.add(root);
    List<Reached> directories = new ArrayList<>();
    directories.add(new Reached(root, root));
    for (int i = 0; i < directories.size(); i++) { // grows while it is gone through
      numbering.list(directories.get(i), directories);
    }
    return numbering;
  }

  /** The tree as the TOC has it. */
  LayerTree tree() throws MalformedBlobException {
    @Nullable Inode[] made = inodes();
    return new LayerTree(made, directories(), landmark(made));
  }

  /**
   * Whether an {@link OverlayView} differs from the tree in nothing but landmarks that aren't
   * shown, and that have no other name.
   */
  boolean isShownAsItIs() {
    return !whiteouts
        && listings.getFirst().entries.stream()
            .filter(entry -> OverlayView.isLandmark(entry.name))
            .allMatch(entry -> entry.node.children == null && entry.node.names == 1);
  }

  /** The tree without its landmarks. */
  LayerTree view() throws MalformedBlobException {
    @Nullable Inode[] made = inodes();
    Landmark landmark = landmark(made);
    listings.getFirst().entries.removeIf(entry -> hide(entry, made));
    return new LayerTree(made, directories(), landmark);
  }

  private static boolean hide(Named entry, @Nullable Inode[] made) {
    boolean hidden = OverlayView.isLandmark(entry.name);
    if (hidden) {
      made[entry.node.number] = null;
    }
    return hidden;
  }

  private @Nullable Inode[] inodes() throws MalformedBlobException {
    @Nullable Inode[] made = new Inode[nodes.size() + 1];
    for (Node node : nodes) {
      made[node.number] = inodes.make(node);
    }
    return made;
  }

  private void add(Node node) {
    nodes.add(node);
    node.number = nodes.size();
  }

  private void list(Reached reached, List<Reached> directories) {
    Map<String, Node> children = reached.directory.directory();
    List<Named> entries = new ArrayList<>(children.size());
    for (Map.Entry<String, Node> child : children.entrySet()) {
      entries.add(new Named(child.getKey().getBytes(UTF_8), child.getValue().resolved()));
    }
    entries.sort((a, b) -> Arrays.compareUnsigned(a.name, b.name));
    for (Named entry : entries) {
      Node node = entry.node;
      whiteouts |= Whiteout.isHidden(entry.name);
      if (node.number == 0) {
        add(node);
      }
      if (node.children == null) {
        node.names++;
      } else {
        reached.directory.names++;
        directories.add(new Reached(node, reached.directory));
      }
    }
    listings.add(new Listing(reached.directory, reached.parent, entries));
  }

  private DirectoryDraft directories() {
    DirectoryDraft index = new DirectoryDraft(nodes.size());
    for (Listing listing : listings) { // breadth first is by ascending number
      index.begin(listing.directory.number, listing.parent.number);
      for (Named entry : listing.entries) {
        index.add(entry.name, entry.node.number);
      }
    }
    return index.end();
  }

  /** A layer with both has nothing to prefetch, as the format's first reader had it. */
  private Landmark landmark(@Nullable Inode[] made) {
    if (root(made, Landmark.NO_PREFETCH) != null) {
      return new Landmark.PrefetchNothing();
    }
    if (root(made, Landmark.PREFETCH) instanceof Inode.RegularFile file
        && !file.chunks().isEmpty()) {
      long end = file.chunks().getFirst().member().offset();
      return new Landmark.PrefetchUpTo(
          end, unread.stream().filter(range -> range.end() <= end).toList());
    }
    return new Landmark.Absent();
  }

  private @Nullable Inode root(@Nullable Inode[] made, String name) {
    byte[] wanted = name.getBytes(UTF_8);
    for (Named entry : listings.getFirst().entries) {
      if (Arrays.equals(entry.name, wanted)) {
        return made[entry.node.number];
      }
    }
    return null;
  }
}
