package io.loadstar.layer;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.loadstar.blob.MalformedBlobException;
import io.loadstar.layer.TreeDraft.Node;
import io.loadstar.toc.EntryType;
import io.loadstar.toc.Toc;
import io.loadstar.toc.TocEntry;
import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;

/** Makes inodes of rows of a TOC, checking each value. Not thread-safe, used once. */
final class InodeFactory {

  /** Device numbers as the kernel has them: 12 bits and 20. */
  private static final long MAX_MAJOR = (1 << 12) - 1;

  private static final long MAX_MINOR = (1 << 20) - 1;

  private static final long MAX_ID = 0xffff_ffffL;

  /** The kernel's XATTR_NAME_MAX. */
  private static final int MAX_XATTR_NAME = 255;

  private static final int PERMISSIONS = 07777;
  private static final SortedMap<String, byte[]> NO_XATTRS = Collections.emptySortedMap();

  private final Toc toc;
  private final ChunkTable chunks;
  private final long blobOffset;

  /** Most inodes of a layer have the attributes of some other: they share the record. */
  private final Map<Attributes, Attributes> shared = new HashMap<>();

  InodeFactory(Toc toc, ChunkTable chunks, long blobOffset) {
    this.toc = toc;
    this.chunks = chunks;
    this.blobOffset = blobOffset;
  }

  /** The inode of a node that has its number and knows how many names it has. */
  Inode make(Node node) throws MalformedBlobException {
    if (node.entry < 0) {
      return new Inode.Directory(node.number, Attributes.MISSING_PARENT, 2 + node.names, NO_XATTRS);
    }
    TocEntry row = toc.entries().get(node.entry);
    return switch (row.type()) {
      case DIRECTORY ->
          new Inode.Directory(node.number, attributes(row), 2 + node.names, xattrs(row));
      case REGULAR ->
          new Inode.RegularFile(
              node.number,
              attributes(row),
              node.names,
              xattrs(row),
              row.size(),
              chunks.of(node.entry),
              row.digest());
      case SYMLINK ->
          new Inode.Symlink(node.number, attributes(row), node.names, xattrs(row), target(row));
      case CHARACTER_DEVICE -> special(node, row, Inode.SpecialType.CHARACTER_DEVICE);
      case BLOCK_DEVICE -> special(node, row, Inode.SpecialType.BLOCK_DEVICE);
      case FIFO -> special(node, row, Inode.SpecialType.FIFO);
      case HARDLINK, CHUNK -> throw new IllegalStateException("not a node: " + row.type());
    };
  }

  private Inode special(Node node, TocEntry row, Inode.SpecialType type)
      throws MalformedBlobException {
    boolean device = row.type() != EntryType.FIFO;
    long major = device ? row.devMajor() : 0;
    long minor = device ? row.devMinor() : 0;
    if (major < 0 || major > MAX_MAJOR || minor < 0 || minor > MAX_MINOR) {
      throw malformed(row, "device " + major + ":" + minor);
    }
    return new Inode.SpecialFile(
        node.number, attributes(row), node.names, xattrs(row), type, (int) major, (int) minor);
  }

  private String target(TocEntry row) throws MalformedBlobException {
    String target = row.linkName();
    if (target.isEmpty()
        || target.indexOf('\0') >= 0
        || target.length() > LayerTree.MAX_TARGET_BYTES
        || target.getBytes(UTF_8).length > LayerTree.MAX_TARGET_BYTES) {
      throw malformed(row, "a symlink target of " + target.length() + " characters");
    }
    return target;
  }

  private Attributes attributes(TocEntry row) throws MalformedBlobException {
    Instant time = row.modtime() == null ? Instant.EPOCH : row.modtime();
    Attributes attributes =
        new Attributes(
            (int) row.mode() & PERMISSIONS,
            id(row, row.uid()),
            id(row, row.gid()),
            time.getEpochSecond(),
            time.getNano());
    Attributes same = shared.putIfAbsent(attributes, attributes);
    return same == null ? attributes : same;
  }

  private int id(TocEntry row, long id) throws MalformedBlobException {
    if (id < Integer.MIN_VALUE || id > MAX_ID) { // -2 is how some write 4294967294
      throw malformed(row, "owner " + id);
    }
    return (int) id;
  }

  private SortedMap<String, byte[]> xattrs(TocEntry row) throws MalformedBlobException {
    for (String name : row.xattrs().keySet()) {
      if (name.isEmpty()
          || name.indexOf('\0') >= 0
          || name.getBytes(UTF_8).length > MAX_XATTR_NAME) {
        throw malformed(row, "an xattr's name of " + name.length() + " characters");
      }
    }
    return row.xattrs().isEmpty() ? NO_XATTRS : row.xattrs();
  }

  private MalformedBlobException malformed(TocEntry row, String what) {
    return new MalformedBlobException("TOC: " + row.name() + ": " + what, blobOffset);
  }
}
