package io.loadstar.cache;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A {@link ContentStore} of one plain file for each object; {@link StoreLayout} draws the tree.
 *
 * <p>Thread-safe; closed by whoever opened it.
 *
 * <p>No file is ever forced to disk, which would cost each miss a journal commit: what a power
 * failure left half written fails its hash at the first use by the next process, is removed, and is
 * fetched again. So an object is served only once this process has written or hashed it ({@link
 * ObjectReads}). What becomes of the files is {@link ObjectShelves}'.
 */
public final class DiskContentStore implements ContentStore {

  private final StoreLayout layout;
  private final OpenObjects open;
  private final ProvenObjects proven;
  private final ObjectShelves shelves;
  private final ObjectReads reads;
  private final Scrubber scrubber;
  private volatile boolean closed;

  private DiskContentStore(StoreLayout layout, Bounds bounds) {
    this.layout = layout;
    this.open = new OpenObjects(layout, bounds.openFiles());
    this.proven = new ProvenObjects(bounds.provenObjects());
    this.shelves = new ObjectShelves(layout, bounds.quota(), proven, open);
    this.reads = new ObjectReads(layout, proven, open, shelves);
    this.scrubber = Scrubber.start(shelves);
  }

  /**
   * How much a store keeps, in memory and on disk.
   *
   * @param openFiles how many objects are kept open, each for one file descriptor
   * @param provenObjects how many objects are remembered as checked, for about 130 bytes each
   * @param quota of the disk
   */
  public record Bounds(int openFiles, int provenObjects, Quota quota) {

    /** 512 open files, 500,000 proven objects, no quota. */
    public static final Bounds DEFAULT = new Bounds(512, 500_000, Quota.NONE);

    public Bounds {
      if (openFiles < 1 || provenObjects < 1) {
        throw new IllegalArgumentException(
            "bounds must be 1 or more: " + openFiles + ", " + provenObjects);
      }
    }

    /** These, with another quota. */
    public Bounds withQuota(Quota other) {
      return new Bounds(openFiles, provenObjects, other);
    }
  }

  /**
   * Opens the store at {@code root}, which is made if it isn't there. Looks at the size of each
   * object once.
   *
   * @throws StoreInUseException if another process uses it
   * @throws IOException if the directory can't be read or written
   */
  public static DiskContentStore open(Path root, Bounds bounds) throws IOException {
    StoreLayout layout = StoreLayout.open(root);
    try {
      DiskContentStore store = new DiskContentStore(layout, bounds);
      try {
        store.shelves.countAll();
        return store;
      } catch (IOException | RuntimeException e) {
        store.close();
        throw e;
      }
    } catch (IOException | RuntimeException e) {
      layout.close();
      throw e;
    }
  }

  @Override
  public int tryRead(ObjectKey key, long offset, ByteBuffer destination) {
    return reads.tryRead(key, offset, destination);
  }

  @Override
  public @Nullable ObjectKey find(SoughtObject sought) {
    ProvenObject known = proven.find(sought);
    return known == null ? null : known.key();
  }

  @Override
  public int read(ObjectKey key, long offset, ByteBuffer destination) {
    return reads.read(key, offset, destination);
  }

  @Override
  public boolean contains(ObjectKey key) {
    if (closed) {
      return false;
    }
    if (proven.has(key) && !shelves.isEvicting()) {
      return true;
    }
    try {
      return ObjectShelves.sizeOf(layout.pathOf(key)) == key.size();
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public boolean put(ObjectKey key, ByteBuffer content) {
    if (content.remaining() != key.size()) {
      throw new IllegalArgumentException(key + ": can't keep " + content.remaining() + " bytes");
    }
    if (closed) {
      return false;
    }
    return isThere(key) || shelves.publish(key, channel -> writeAll(content.duplicate(), channel));
  }

  private static void writeAll(ByteBuffer content, FileChannel file) throws IOException {
    while (content.hasRemaining()) {
      file.write(content);
    }
  }

  @Override
  public boolean join(ObjectKey.ByContent whole, List<ObjectKey> parts) {
    if (closed) {
      return false;
    }
    return isThere(whole)
        || reads.prove(whole)
        || shelves.publish(whole, channel -> reads.writeJoined(whole, parts, channel));
  }

  private boolean isThere(ObjectKey key) {
    return proven.has(key) && Files.exists(layout.pathOf(key));
  }

  @Override
  public boolean hasRoom(long bytes) {
    return !closed && shelves.hasRoom(bytes);
  }

  @Override
  public Optional<FileRegion> locate(ObjectKey key) {
    if (closed || !proven.has(key)) {
      return Optional.empty();
    }
    return Optional.of(new FileRegion(layout.pathOf(key), 0, key.size()));
  }

  @Override
  public @Nullable HeldFile holdFile(ObjectKey key) {
    if (closed || !(key instanceof ObjectKey.ByContent) || !proven.has(key)) {
      return null;
    }
    return shelves.hold(key);
  }

  @Override
  public Usage usage() {
    return shelves.usage();
  }

  @Override
  public void close() throws IOException {
    closed = true;
    reads.end();
    shelves.close();
    scrubber.close();
    proven.removeAll();
    open.close();
    layout.close();
  }
}
