package io.loadstar.layer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.loadstar.blob.MalformedBlobException;
import io.loadstar.toc.Toc;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A layer as overlayfs wants its lower layers: whiteouts are translated here, once.
 *
 * <ul>
 *   <li>{@code .wh.x} becomes {@code x}, a character device 0:0, unless the layer has an {@code x}
 *       of its own. If that is a directory, it is opaque: a whiteout takes away what lower layers
 *       have, and never what stands beside it (OCI image-spec, layer.md, "Whiteouts").
 *   <li>{@code .wh..wh..opq} makes its directory opaque.
 *   <li>Names that begin with {@code .wh.}, and the root's landmarks, aren't shown.
 * </ul>
 *
 * Inodes keep their numbers; those that can't be reached any more are gone, and whiteouts have
 * numbers behind the last. Not thread-safe, used once by {@link #of(LayerTree, OverlayXattrs)}.
 */
public final class OverlayView {

  private static final byte[] OPAQUE_VALUE = {'y'};
  private static final byte[] PREFETCH = Landmark.PREFETCH.getBytes(UTF_8);
  private static final byte[] NO_PREFETCH = Landmark.NO_PREFETCH.getBytes(UTF_8);

  private final LayerTree layer;
  private final OverlayXattrs namespace;
  private final BitSet reached = new BitSet();
  private final BitSet opaque = new BitSet();

  /** By inode number: how many of its names are shown; of a directory, how many are in it. */
  private final int[] links;

  private final List<Inode> whiteouts = new ArrayList<>();
  private final List<Listing> listings = new ArrayList<>();

  /** Never compared, and the array is never written to. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Named(byte[] name, long inode) {}

  private record Listing(long directory, List<Named> entries) {}

  private OverlayView(LayerTree layer, OverlayXattrs namespace) {
    this.layer = layer;
    this.namespace = namespace;
    this.links = new int[(int) layer.maxInode() + 1];
  }

  /** The view of {@code layer}, which stays as it is. */
  public static LayerTree of(LayerTree layer, OverlayXattrs namespace) {
    return new OverlayView(layer, namespace).build();
  }

  /**
   * The view of the layer that {@code toc} describes. Most layers have nothing that is translated:
   * of these it is made at once.
   *
   * @param payloadEnd as {@link LayerTree#of}
   * @throws MalformedBlobException as {@link LayerTree#of}
   */
  public static LayerTree of(Toc toc, long payloadEnd, OverlayXattrs namespace)
      throws MalformedBlobException {
    TreeNumbering numbered =
        new TreeDraft(toc, ChunkTable.of(toc, payloadEnd), payloadEnd).number();
    return numbered.isShownAsItIs() ? numbered.view() : of(numbered.tree(), namespace);
  }

  private LayerTree build() {
    List<Long> directories = new ArrayList<>();
    directories.add(LayerTree.ROOT);
    reached.set((int) LayerTree.ROOT);
    for (int i = 0; i < directories.size(); i++) { // grows while it is gone through
      list(directories.get(i), directories);
    }
    return new LayerTree(inodes(), index(), layer.landmark());
  }

  private void list(long directory, List<Long> directories) {
    List<Named> entries = new ArrayList<>();
    for (int i = 0; i < layer.entryCount(directory); i++) {
      byte[] name = layer.entryName(directory, i);
      long number = layer.entryInode(directory, i);
      if (Whiteout.isHidden(name)) {
        translate(directory, name, number, entries);
      } else if (directory != LayerTree.ROOT || !isLandmark(name)) {
        entries.add(new Named(name, number));
        reach(directory, number, directories);
      }
    }
    entries.sort((a, b) -> Arrays.compareUnsigned(a.name, b.name));
    listings.add(new Listing(directory, entries));
  }

  private void reach(long directory, long number, List<Long> directories) {
    reached.set((int) number);
    if (layer.inode(number) instanceof Inode.Directory) {
      links[(int) directory]++;
      directories.add(number);
    } else {
      links[(int) number]++;
    }
  }

  private void translate(long directory, byte[] name, long number, List<Named> entries) {
    if (Whiteout.isOpaque(name)) {
      opaque.set((int) directory);
      return;
    }
    byte[] target = Whiteout.target(name);
    if (target == null) {
      return;
    }
    long beside = layer.lookup(directory, ByteBuffer.wrap(target));
    if (layer.inode(beside) instanceof Inode.Directory) {
      opaque.set((int) beside);
    } else if (beside == 0) {
      entries.add(new Named(target, addWhiteout(number)));
    }
  }

  private long addWhiteout(long of) {
    long number = layer.maxInode() + 1 + whiteouts.size();
    Attributes file = requireNonNull(layer.inode(of)).attributes();
    Attributes attributes = new Attributes(0, 0, 0, file.mtimeSeconds(), file.mtimeNanos());
    whiteouts.add(
        new Inode.SpecialFile(
            number,
            attributes,
            1,
            Collections.emptySortedMap(),
            Inode.SpecialType.CHARACTER_DEVICE,
            0,
            0));
    return number;
  }

  private @Nullable Inode[] inodes() {
    int kept = (int) layer.maxInode() + 1;
    @Nullable Inode[] inodes = new Inode[kept + whiteouts.size()];
    for (int number = reached.nextSetBit(0); number >= 0; number = reached.nextSetBit(number + 1)) {
      inodes[number] = seen(requireNonNull(layer.inode(number)));
    }
    for (int i = 0; i < whiteouts.size(); i++) {
      inodes[kept + i] = whiteouts.get(i);
    }
    return inodes;
  }

  /** The inode with the link count that the view has, and opaque if it is. */
  private Inode seen(Inode inode) {
    int count = links[(int) inode.number()];
    return switch (inode) {
      case Inode.Directory d ->
          new Inode.Directory(d.number(), d.attributes(), 2 + count, xattrs(d));
      case Inode.RegularFile f when f.linkCount() != count ->
          new Inode.RegularFile(
              f.number(), f.attributes(), count, f.xattrs(), f.size(), f.chunks(), f.digest());
      case Inode.Symlink l when l.linkCount() != count ->
          new Inode.Symlink(l.number(), l.attributes(), count, l.xattrs(), l.target());
      case Inode.SpecialFile s when s.linkCount() != count ->
          new Inode.SpecialFile(
              s.number(), s.attributes(), count, s.xattrs(), s.type(), s.major(), s.minor());
      case Inode.RegularFile f -> f;
      case Inode.Symlink l -> l;
      case Inode.SpecialFile s -> s;
    };
  }

  private SortedMap<String, byte[]> xattrs(Inode.Directory directory) {
    if (!opaque.get((int) directory.number())) {
      return directory.xattrs();
    }
    SortedMap<String, byte[]> xattrs = new TreeMap<>(directory.xattrs());
    xattrs.put(namespace.opaque(), OPAQUE_VALUE.clone());
    return Collections.unmodifiableSortedMap(xattrs);
  }

  private DirectoryDraft index() {
    int last = (int) layer.maxInode() + whiteouts.size();
    DirectoryDraft index = new DirectoryDraft(last);
    for (Listing listing : listings) { // breadth first, as the layer's numbers are: ascending
      index.begin((int) listing.directory, (int) layer.parent(listing.directory));
      for (Named entry : listing.entries) {
        index.add(entry.name, (int) entry.inode);
      }
    }
    return index.end();
  }

  static boolean isLandmark(byte[] name) {
    return Arrays.equals(name, PREFETCH) || Arrays.equals(name, NO_PREFETCH);
  }
}
