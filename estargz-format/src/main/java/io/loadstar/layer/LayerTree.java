package io.loadstar.layer;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.MalformedBlobException;
import io.loadstar.tar.EntryName;
import io.loadstar.toc.Toc;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A layer as a tree of inodes, checked: what a mount shows, an image inspects, a converter
 * verifies.
 *
 * <p>Immutable, thread-safe; pure data. Inodes are numbered breadth first in the order of the
 * names, so that the same TOC always gives the same numbers. What is asked by number, but for
 * {@link #inode}, neither allocates nor throws. All of a tree stands in one buffer, its index,
 * which can be kept in a file and mapped: see {@link IndexLayout}.
 */
public final class LayerTree {

  /** The root's inode number. */
  public static final long ROOT = 1;

  /** How deep directories may be nested. */
  public static final int MAX_DEPTH = 1024;

  /** Longest name of a directory entry in UTF-8 bytes: the kernel's NAME_MAX. */
  public static final int MAX_NAME_BYTES = 255;

  /** Longest symlink target in UTF-8 bytes: what fits into the kernel's page. */
  public static final int MAX_TARGET_BYTES = 4095;

  static final int LANDMARK_ABSENT = 0;
  static final int LANDMARK_NOTHING = 1;
  static final int LANDMARK_UP_TO = 2;

  private final ByteBuffer index;
  private final InodeRows inodes;
  private final DirectoryRows directories;
  private final ChunkRows chunks;
  private final Landmark landmark;
  private final long count;
  private final long totalBytes;
  private final long unverifiableChunks;

  /**
   * @param inodes by number. Null are 0, which is none, and what an {@link OverlayView} hides
   */
  LayerTree(@Nullable Inode[] inodes, DirectoryDraft directories, Landmark landmark) {
    this(new IndexWriter(inodes, directories, landmark).write());
  }

  private LayerTree(IndexWriter.Written written) {
    IndexLayout layout = written.layout();
    this.index = written.index();
    this.inodes = new InodeRows(index, layout);
    this.directories = new DirectoryRows(index, layout, inodes);
    this.chunks = new ChunkRows(index, layout);
    this.landmark =
        switch (index.getInt(IndexLayout.LANDMARK_AT)) {
          case LANDMARK_NOTHING -> new Landmark.PrefetchNothing();
          case LANDMARK_UP_TO ->
              new Landmark.PrefetchUpTo(index.getLong(IndexLayout.LANDMARK_END_AT), unread(layout));
          default -> new Landmark.Absent();
        };
    this.count = index.getLong(IndexLayout.COUNT_AT);
    this.totalBytes = index.getLong(IndexLayout.TOTAL_AT);
    this.unverifiableChunks = index.getLong(IndexLayout.UNVERIFIABLE_AT);
  }

  private List<ByteRange> unread(IndexLayout layout) {
    int place = index.getInt(IndexLayout.UNREAD_AT);
    if (place == 0) {
      return List.of();
    }
    ByteBuffer text = index.duplicate().order(IndexLayout.ORDER);
    text.position(layout.textAt() + place - 1);
    List<ByteRange> ranges = new ArrayList<>();
    for (int left = text.getInt(); left > 0; left--) {
      ranges.add(new ByteRange(text.getLong(), text.getLong()));
    }
    return ranges;
  }

  /**
   * The tree of which {@link #index} has been kept: nothing is parsed or copied.
   *
   * @param index what remains of it; isn't changed as long as the tree is used. A mapped file keeps
   *     the tree off the heap
   * @throws MalformedBlobException if it isn't an index, or not as it was written
   */
  public static LayerTree open(ByteBuffer index) throws MalformedBlobException {
    ByteBuffer ordered = index.slice().asReadOnlyBuffer().order(IndexLayout.ORDER);
    return new LayerTree(new IndexWriter.Written(ordered, IndexLayout.read(ordered)));
  }

  /** All of it as bytes, to be kept and opened again; see docs/formats.md. Read-only. */
  public ByteBuffer index() {
    return index.asReadOnlyBuffer().rewind();
  }

  /**
   * Makes a tree of {@code toc}, checking that it is one.
   *
   * <p>Of entries with the same name the last counts. Parents that are missing are made. Chunks
   * cover each file without gap or overlap, in the order of the blob, within its payload.
   *
   * @param toc as verified, or accepted without
   * @param payloadEnd the offset in the blob where its last member with payload ends: the TOC's
   * @throws MalformedBlobException if it isn't a tree of files; the offset is {@code payloadEnd}
   */
  public static LayerTree of(Toc toc, long payloadEnd) throws MalformedBlobException {
    ChunkTable chunks = ChunkTable.of(toc, payloadEnd);
    return new TreeDraft(toc, chunks, payloadEnd).number().tree();
  }

  /** The inode of this number, made anew; null if the layer has none. */
  public @Nullable Inode inode(long number) {
    return inodes.inode(number, chunks);
  }

  /** The highest inode number. */
  public long maxInode() {
    return inodes.max();
  }

  /**
   * The inode that {@code name} means in {@code directory}; 0 if there is no such name, or no such
   * directory.
   *
   * @param name UTF-8 bytes; the buffer's position is left where it was
   */
  public long lookup(long directory, ByteBuffer name) {
    return directories.lookup(directory, name);
  }

  /** How many entries a directory has; 0 if it isn't one. */
  public int entryCount(long directory) {
    return directories.entryCount(directory);
  }

  /**
   * The inode of an entry; entries are sorted by name, and always in the same place.
   *
   * @throws IndexOutOfBoundsException if there is no such entry
   */
  public long entryInode(long directory, int index) {
    return directories.entryInode(directory, index);
  }

  /**
   * The name of an entry, UTF-8, the caller's to keep.
   *
   * @throws IndexOutOfBoundsException if there is no such entry
   */
  public byte[] entryName(long directory, int index) {
    return directories.entryName(directory, index);
  }

  /**
   * Puts the name of an entry, at most {@link #MAX_NAME_BYTES}, into {@code destination}.
   *
   * @throws IndexOutOfBoundsException if there is no such entry
   * @throws java.nio.BufferOverflowException if it doesn't fit
   */
  public void putEntryName(long directory, int index, ByteBuffer destination) {
    directories.putEntryName(directory, index, destination);
  }

  /** The directory that a directory is in; the root's is itself. 0 if it isn't a directory. */
  public long parent(long directory) {
    return directories.parent(directory);
  }

  /** How many inodes there are. */
  public long count() {
    return count;
  }

  /** The sum of the files' sizes, in bytes; hardlinked ones are counted once. */
  public long totalBytes() {
    return totalBytes;
  }

  /** How many chunks have no digest, and so can't be verified: 0 but in legacy layers. */
  public long unverifiableChunks() {
    return unverifiableChunks;
  }

  /** The inode at {@code path}, which is cleaned first; symlinks aren't followed. */
  public Optional<Inode> find(String path) {
    long number = ROOT;
    for (String component : EntryName.components(path)) {
      number = lookup(number, ByteBuffer.wrap(component.getBytes(StandardCharsets.UTF_8)));
    }
    return Optional.ofNullable(inode(number));
  }

  /** What the layer says of prefetching. */
  public Landmark landmark() {
    return landmark;
  }

  /** Up to where in the blob the layer asks for prefetching; empty if it doesn't. */
  public OptionalLong prefetchEnd() {
    return switch (landmark) {
      case Landmark.PrefetchUpTo(long end, _) -> OptionalLong.of(end);
      case Landmark.PrefetchNothing() -> OptionalLong.empty();
      case Landmark.Absent() -> OptionalLong.empty();
    };
  }

  /** All members that hold content, in the order of the blob; each is made when asked for. */
  public List<Member> members() {
    return chunks.memberList();
  }

  /** The member that holds {@code chunk}, which is one of this tree's, with all that share it. */
  public Member memberOf(Chunk chunk) {
    int member = chunks.findMember(chunk.member().offset());
    if (member < 0) {
      throw new IllegalArgumentException("no chunk of this layer: " + chunk);
    }
    return chunks.member(member);
  }

  /** Chunks and members by number. */
  public ChunkRows chunks() {
    return chunks;
  }

  /** Inodes by number, without making them. */
  public InodeRows inodes() {
    return inodes;
  }
}
