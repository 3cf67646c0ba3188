package io.loadstar.layer;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** Writes a tree down as a layer index. Not thread-safe, used once. */
final class IndexWriter {

  private final @Nullable Inode[] inodes;
  private final DirectoryDraft directories;
  private final Landmark landmark;

  /** Files that have content, in the order of the blob. */
  private final List<Inode.RegularFile> files = new ArrayList<>();

  /** By inode number: a file's first chunk. */
  private final int[] firstChunks;

  private final Map<Digest, Integer> digests = new HashMap<>();
  private final List<Digest> digestRows = new ArrayList<>();
  private final ByteArrayOutputStream text = new ByteArrayOutputStream();

  private int chunks;
  private int members;
  private long totalBytes;
  private long unverifiable;

  /**
   * @param inodes by number
   */
  IndexWriter(@Nullable Inode[] inodes, DirectoryDraft directories, Landmark landmark) {
    this.inodes = inodes;
    this.directories = directories;
    this.landmark = landmark;
    this.firstChunks = new int[inodes.length];
  }

  /**
   * The index, from its first byte to its last.
   *
   * @throws IllegalArgumentException if it would be larger than {@link IndexLayout#MAX_BYTES}
   */
  Written write() {
    collectFiles();
    ByteBuffer rows =
        ByteBuffer.allocate(inodes.length * IndexLayout.INODE).order(IndexLayout.ORDER);
    long count = 0;
    for (Inode inode : inodes) {
      if (inode != null) {
        putInode(rows, inode);
        count++;
      }
    }
    final int unread = unread();
    IndexLayout layout =
        new IndexLayout(
            inodes.length,
            directories.entries,
            chunks,
            members,
            digestRows.size(),
            directories.nameStarts[directories.entries],
            text.size());
    if (layout.bytes() > IndexLayout.MAX_BYTES) {
      throw new IllegalArgumentException("a layer index of " + layout.bytes() + " bytes");
    }
    ByteBuffer index = ByteBuffer.allocate((int) layout.bytes()).order(IndexLayout.ORDER);
    layout.write(index);
    putLandmark(index);
    index.putInt(IndexLayout.UNREAD_AT, unread);
    index.putLong(IndexLayout.COUNT_AT, count);
    index.putLong(IndexLayout.TOTAL_AT, totalBytes);
    index.putLong(IndexLayout.UNVERIFIABLE_AT, unverifiable);
    index.position(layout.inodesAt()).put(rows.rewind());
    putMembers(index);
    putChunks(index);
    digestRows.forEach(digest -> digest.put(index));
    putDirectories(index);
    index.put(text.toByteArray());
    index.flip();
    index.putInt(IndexLayout.CHECKSUM_AT, IndexLayout.checksum(index));
    return new Written(index, layout);
  }

  /**
   * An index.
   *
   * @param index in {@link IndexLayout#ORDER}
   */
  record Written(ByteBuffer index, IndexLayout layout) {}

  /** Chunks stand in the blob in the order of their files, so a file's follow each other. */
  private void collectFiles() {
    for (Inode inode : inodes) {
      if (inode instanceof Inode.RegularFile file) {
        totalBytes += file.size();
        if (!file.chunks().isEmpty()) {
          files.add(file);
        }
      }
    }
    files.sort(
        Comparator.comparingLong((Inode.RegularFile file) -> first(file).member().offset())
            .thenComparingLong(file -> first(file).innerOffset()));
    long lastMember = -1;
    for (Inode.RegularFile file : files) {
      firstChunks[(int) file.number()] = chunks;
      for (Chunk chunk : file.chunks()) {
        number(chunk.digest());
        unverifiable += chunk.digest() == null ? 1 : 0;
        members += chunk.member().offset() == lastMember ? 0 : 1;
        lastMember = chunk.member().offset();
        chunks++;
      }
    }
  }

  private static Chunk first(Inode.RegularFile file) {
    return file.chunks().getFirst();
  }

  private int number(@Nullable Digest digest) {
    if (digest == null) {
      return 0;
    }
    Integer known = digests.putIfAbsent(digest, digestRows.size() + 1);
    if (known != null) {
      return known;
    }
    digestRows.add(digest);
    return digestRows.size();
  }

  private void putInode(ByteBuffer rows, Inode inode) {
    int number = (int) inode.number();
    int at = number * IndexLayout.INODE;
    Attributes attributes = inode.attributes();
    rows.put(at, type(inode));
    rows.putShort(at + 2, (short) attributes.permissions());
    rows.putInt(at + 4, inode.linkCount());
    rows.putInt(at + 8, attributes.uid());
    rows.putInt(at + 12, attributes.gid());
    rows.putLong(at + 16, attributes.mtimeSeconds());
    rows.putInt(at + 24, attributes.mtimeNanos());
    rows.putInt(at + 28, xattrs(inode.xattrs()));
    rows.putLong(at + 32, inode.size());
    switch (inode) {
      case Inode.Directory _ -> {
        int first = directories.firstEntry[number];
        rows.putInt(at + 40, first);
        rows.putInt(at + 44, directories.firstEntry[number + 1] - first);
        rows.putInt(at + 48, directories.parents[number]);
      }
      case Inode.RegularFile file -> {
        rows.putInt(at + 40, firstChunks[number]);
        rows.putInt(at + 44, file.chunks().size());
        rows.putInt(at + 48, number(file.digest()));
      }
      case Inode.Symlink link -> {
        byte[] target = link.target().getBytes(UTF_8);
        rows.putInt(at + 40, text.size());
        rows.putInt(at + 44, target.length);
        text.writeBytes(target);
      }
      case Inode.SpecialFile special -> {
        rows.putInt(at + 40, special.major());
        rows.putInt(at + 44, special.minor());
      }
    }
  }

  private static byte type(Inode inode) {
    return switch (inode) {
      case Inode.Directory _ -> InodeRows.DIRECTORY;
      case Inode.RegularFile _ -> InodeRows.FILE;
      case Inode.Symlink _ -> InodeRows.SYMLINK;
      case Inode.SpecialFile special ->
          switch (special.type()) {
            case CHARACTER_DEVICE -> InodeRows.CHARACTER_DEVICE;
            case BLOCK_DEVICE -> InodeRows.BLOCK_DEVICE;
            case FIFO -> InodeRows.FIFO;
          };
    };
  }

  /** Their place in the text and 1; 0 if there are none. */
  private int xattrs(SortedMap<String, byte[]> xattrs) {
    if (xattrs.isEmpty()) {
      return 0;
    }
    final int place = text.size() + 1;
    putInt(xattrs.size());
    xattrs.forEach((name, value) -> {
      byte[] bytes = name.getBytes(UTF_8);
      putInt(bytes.length);
      putInt(value.length);
      text.writeBytes(bytes);
      text.writeBytes(value);
    });
    return place;
  }

  private void putInt(int value) {
    text.writeBytes(
        ByteBuffer.allocate(Integer.BYTES).order(IndexLayout.ORDER).putInt(value).array());
  }

  /** Its place in the text and 1; 0 if all up to the landmark is to be prefetched. */
  private int unread() {
    if (!(landmark instanceof Landmark.PrefetchUpTo(_, List<ByteRange> ranges))
        || ranges.isEmpty()) {
      return 0;
    }
    final int place = text.size() + 1;
    ByteBuffer bytes =
        ByteBuffer.allocate(Integer.BYTES + ranges.size() * 2 * Long.BYTES)
            .order(IndexLayout.ORDER)
            .putInt(ranges.size());
    ranges.forEach(range -> bytes.putLong(range.offset()).putLong(range.length()));
    text.writeBytes(bytes.array());
    return place;
  }

  private void putLandmark(ByteBuffer index) {
    int kind =
        switch (landmark) {
          case Landmark.Absent() -> LayerTree.LANDMARK_ABSENT;
          case Landmark.PrefetchNothing() -> LayerTree.LANDMARK_NOTHING;
          case Landmark.PrefetchUpTo(long end, _) -> {
            index.putLong(IndexLayout.LANDMARK_END_AT, end);
            yield LayerTree.LANDMARK_UP_TO;
          }
        };
    index.putInt(IndexLayout.LANDMARK_AT, kind);
  }

  private void putMembers(ByteBuffer index) {
    long lastMember = -1;
    int chunk = 0;
    for (Inode.RegularFile file : files) {
      for (Chunk each : file.chunks()) {
        ByteRange range = each.member();
        if (range.offset() != lastMember) {
          index.putLong(range.offset()).putLong(range.end()).putInt(chunk).putInt(0);
        }
        lastMember = range.offset();
        chunk++;
      }
    }
    index.putLong(Long.MAX_VALUE).putLong(Long.MAX_VALUE).putInt(chunk).putInt(0);
  }

  private void putChunks(ByteBuffer index) {
    long lastMember = -1;
    int member = -1;
    for (Inode.RegularFile file : files) {
      for (Chunk each : file.chunks()) {
        member += each.member().offset() == lastMember ? 0 : 1;
        lastMember = each.member().offset();
        index.putLong(each.fileOffset()).putLong(each.innerOffset());
        index.putInt((int) each.size()).putInt((int) file.number());
        index.putInt(member).putInt(number(each.digest()));
      }
    }
  }

  private void putDirectories(ByteBuffer index) {
    for (int i = 0; i <= directories.entries; i++) {
      index.putInt(directories.nameStarts[i]);
      index.putInt(i < directories.entries ? directories.inodes[i] : 0);
    }
    index.put(directories.names, 0, directories.nameStarts[directories.entries]);
  }
}
