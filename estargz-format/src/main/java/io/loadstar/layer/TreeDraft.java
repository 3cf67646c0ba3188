package io.loadstar.layer;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.loadstar.blob.MalformedBlobException;
import io.loadstar.tar.EntryName;
import io.loadstar.toc.EntryType;
import io.loadstar.toc.Toc;
import io.loadstar.toc.TocEntry;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A tree while it is put together from a TOC: names first, then hardlinks, then numbers. Not
 * thread-safe, used once. Nothing here recurses: depth and links are a hostile author's choice.
 */
final class TreeDraft {

  private final Toc toc;
  private final ChunkTable chunks;
  private final long blobOffset;
  private final Node root = new Node(-1, null);
  private final List<Node> links = new ArrayList<>();

  TreeDraft(Toc toc, ChunkTable chunks, long blobOffset) {
    this.toc = toc;
    this.chunks = chunks;
    this.blobOffset = blobOffset;
  }

  /** All of it, numbered. */
  TreeNumbering number() throws MalformedBlobException {
    for (int i = 0; i < toc.entries().size(); i++) {
      if (toc.entries().get(i).type() != EntryType.CHUNK) {
        place(i);
      }
    }
    for (Node link : links) {
      resolve(link);
    }
    return TreeNumbering.of(root, new InodeFactory(toc, chunks, blobOffset), toc.unread());
  }

  /** Puts one entry where its name says. */
  private void place(int index) throws MalformedBlobException {
    TocEntry entry = toc.entries().get(index);
    List<String> path = EntryName.components(entry.name());
    if (path.isEmpty()) {
      if (entry.type() != EntryType.DIRECTORY) {
        throw malformed(entry, "the root isn't a directory");
      }
      root.entry = index;
      return;
    }
    if (path.size() > LayerTree.MAX_DEPTH) {
      throw malformed(entry, "nested deeper than " + LayerTree.MAX_DEPTH);
    }
    Map<String, Node> siblings = root.directory();
    for (String component : path.subList(0, path.size() - 1)) {
      Node parent = siblings.get(component);
      if (parent == null) {
        parent = new Node(-1, null);
        siblings.put(checked(component, entry), parent);
      }
      if (parent.children == null) {
        throw malformed(entry, component + " in its path isn't a directory");
      }
      siblings = parent.children;
    }
    put(siblings, checked(path.getLast(), entry), index);
  }

  private void put(Map<String, Node> siblings, String name, int index) {
    TocEntry entry = toc.entries().get(index);
    Node present = siblings.get(name);
    boolean directory = entry.type() == EntryType.DIRECTORY;
    if (directory && present != null && present.children != null) {
      present.entry = index; // said again: what is in it stays
      return;
    }
    Node node = new Node(index, directory ? null : entry);
    siblings.put(name, node);
    if (entry.type() == EntryType.HARDLINK) {
      links.add(node);
    }
  }

  private String checked(String component, TocEntry entry) throws MalformedBlobException {
    if (component.indexOf('\0') >= 0) {
      throw malformed(entry, "a zero byte in its name");
    }
    if (component.length() > LayerTree.MAX_NAME_BYTES
        || utf8Length(component, entry) > LayerTree.MAX_NAME_BYTES) {
      throw malformed(entry, "a name longer than " + LayerTree.MAX_NAME_BYTES + " bytes");
    }
    return component;
  }

  private int utf8Length(String component, TocEntry entry) throws MalformedBlobException {
    if (component.chars().allMatch(c -> c < 0x80)) {
      return component.length();
    }
    try {
      return UTF_8.newEncoder().encode(CharBuffer.wrap(component)).remaining();
    } catch (CharacterCodingException e) {
      throw new MalformedBlobException(
          "TOC: " + entry.name() + ": half a surrogate pair in its name", blobOffset, e);
    }
  }

  /** Follows a chain of hardlinks to its end, and lets each link of it know. */
  private void resolve(Node link) throws MalformedBlobException {
    List<Node> chain = new ArrayList<>();
    Node node = link;
    while (node.isLink() && node.target == null) {
      TocEntry entry = toc.entries().get(node.entry);
      if (node.inChain) {
        throw malformed(entry, "a hardlink that leads back to itself");
      }
      node.inChain = true;
      chain.add(node);
      Node next = find(entry.linkName());
      if (next == null || next.children != null) {
        throw malformed(entry, "a hardlink to " + entry.linkName() + ", which isn't a file here");
      }
      node = next;
    }
    Node end = node.resolved();
    for (Node each : chain) {
      each.target = end;
      each.inChain = false;
    }
  }

  private @Nullable Node find(String path) {
    Node node = root;
    for (String component : EntryName.components(path)) {
      if (node == null || node.children == null) {
        return null;
      }
      node = node.children.get(component);
    }
    return node;
  }

  private MalformedBlobException malformed(TocEntry entry, String what) {
    return new MalformedBlobException("TOC: " + entry.name() + ": " + what, blobOffset);
  }

  /** A name's node. A directory has children; a resolved hardlink has a target. */
  static final class Node {
    /** Its row in the TOC; -1 for a directory that no row describes. */
    int entry;

    final @Nullable Map<String, Node> children;
    private final boolean link;

    /** Of a hardlink that has been resolved: what it leads to. */
    @Nullable Node target;

    boolean inChain;

    /** Its inode number, once it has one. */
    int number;

    /** How many names it has, or, a directory, how many directories are in it. */
    int names;

    /**
     * @param row null for a directory
     */
    Node(int entry, @Nullable TocEntry row) {
      this.entry = entry;
      this.children = row == null ? new HashMap<>() : null;
      this.link = row != null && row.type() == EntryType.HARDLINK;
    }

    /** What this name leads to. */
    Node resolved() {
      return target == null ? this : target;
    }

    boolean isLink() {
      return link;
    }

    Map<String, Node> directory() {
      return java.util.Objects.requireNonNull(children);
    }
  }
}
