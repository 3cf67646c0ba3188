package io.loadstar.cache;

import io.loadstar.blob.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A {@link ContentStore} of one plain file for each object; {@link StoreLayout} draws the tree.
 *
 * <p>Thread-safe; closed by whoever opened it.
 *
 * <p>Three bounded tables make it quick. <em>Proven</em> are the objects that this process has
 * written or hashed: only they are served without a look at their bytes. That makes up for never
 * forcing a file to disk, which would cost each miss a journal commit: what a power failure left
 * half written fails its hash at the first use, is removed, and is fetched again. <em>Open</em> are
 * the channels of larger objects that were read lately ({@link SmallObjects} aren't worth it); one
 * that is closed because a reader was interrupted (which closes a FileChannel for all) is opened
 * again by the other readers. <em>Changing</em> are the files that are being published or removed:
 * one thread changes a file, a second one that wants to leaves it at that.
 */
public final class DiskContentStore implements ContentStore {

  private static final Logger LOG = LoggerFactory.getLogger(DiskContentStore.class);

  /** How often a reader opens again what an interrupt of another closed, before it gives up. */
  private static final int MAX_REOPENS = 16;

  private static final int HASH_BUFFER = 1 << 17;
  private static final long LOG_INTERVAL = Duration.ofMinutes(1).toNanos();

  private final StoreLayout layout;
  private final Headroom headroom;
  private final @Nullable Evictor evictor;
  private final Scrubber scrubber;
  private final OpenObjects open;
  private final SmallObjects small;
  private final ProvenObjects proven;
  private final Set<Path> changing = ConcurrentHashMap.newKeySet();
  private final HeldFiles held = new HeldFiles();
  private final LongAdder objects = new LongAdder();
  private final LongAdder damaged = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final AtomicLong mayLogAt = new AtomicLong(System.nanoTime());
  private volatile boolean closed;

  private DiskContentStore(StoreLayout layout, Bounds bounds) {
    this.layout = layout;
    this.headroom = new Headroom(bounds.quota(), layout);
    this.evictor = bounds.quota().isBound() ? Evictor.start(new OwnShelves()) : null;
    this.open = new OpenObjects(layout, bounds.openFiles());
    this.small = new SmallObjects(layout);
    this.proven = new ProvenObjects(bounds.provenObjects());
    this.scrubber = Scrubber.start(new OwnShelves());
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
        layout.forEach((_, size, _) -> store.count(size));
        store.makeRoomIfTight();
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
    ProvenObject known = SmallObjects.isFor(key, destination) ? proven.find(key) : null;
    int count = known == null ? MISSING : small.tryRead(known, offset, destination);
    return count == MISSING ? tryReadOpen(key, offset, destination) : count;
  }

  private int tryReadOpen(ObjectKey key, long offset, ByteBuffer destination) {
    int start = destination.position();
    for (int i = 0; i < MAX_REOPENS; i++) {
      OpenObject object = hold(key);
      if (object == null) {
        return MISSING;
      }
      try {
        return object.copy(offset, destination);
      } catch (ClosedByInterruptException e) {
        destination.position(start);
        open.remove(key, object);
        return MISSING;
      } catch (ClosedChannelException e) {
        destination.position(start);
        open.remove(key, object);
      } catch (IOException e) {
        destination.position(start);
        LOG.warn("object {} can't be read and is fetched again: {}", key, e.toString());
        removeDamaged(key);
        return MISSING;
      } finally {
        object.letGo();
      }
    }
    return MISSING;
  }

  /** Holds the object open for the caller, who lets it go; null if it can't be served. */
  private @Nullable OpenObject hold(ObjectKey key) {
    OpenObject object = open.hold(key);
    ProvenObject known = object == null ? proven.find(key) : null;
    return known == null ? object : openProven(known);
  }

  @Override
  public @Nullable ObjectKey find(SoughtObject sought) {
    ProvenObject known = proven.find(sought);
    return known == null ? null : known.key();
  }

  @Override
  public int read(ObjectKey key, long offset, ByteBuffer destination) {
    int count = tryRead(key, offset, destination);
    if (count != MISSING || isProven(key) || !prove(key)) {
      return count;
    }
    return tryRead(key, offset, destination);
  }

  @Override
  public boolean contains(ObjectKey key) {
    if (closed) {
      return false;
    }
    if (isProven(key) && evictor == null) {
      return true;
    }
    try {
      return sizeOf(layout.pathOf(key)) == key.size();
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
    Path file = layout.pathOf(key);
    if (isProven(key) && Files.exists(file)) {
      return true;
    }
    if (!changing.add(file)) {
      return false;
    }
    try {
      return publish(key, file, channel -> writeAll(content.duplicate(), channel));
    } finally {
      changing.remove(file);
      makeRoomIfTight();
    }
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
    Path file = layout.pathOf(whole);
    if ((isProven(whole) && Files.exists(file)) || prove(whole)) {
      return true;
    }
    if (!changing.add(file)) {
      return false;
    }
    try {
      return publish(whole, file, channel -> writeJoined(whole, parts, channel));
    } finally {
      changing.remove(file);
      makeRoomIfTight();
    }
  }

  private void writeJoined(ObjectKey.ByContent whole, List<ObjectKey> parts, FileChannel file)
      throws IOException {
    for (ObjectKey part : parts) {
      OpenObject object = hold(part);
      if (object == null && prove(part)) {
        object = hold(part);
      }
      if (object == null) {
        throw new NoSuchFileException(part.toString());
      }
      try {
        object.appendTo(file);
      } finally {
        object.letGo();
      }
    }
    Digest actual = digestOf(file.position(0));
    if (!actual.equals(whole.digest()) || file.size() != whole.size()) {
      throw new IOException("its parts make up " + actual);
    }
  }

  private boolean publish(ObjectKey key, Path file, StoreLayout.Content content) {
    if (!headroom.take(key.size())) {
      refused.increment();
      callEvictor(key.size());
      logSometimes(key, "the store is full");
      return false;
    }
    try {
      long before = sizeOf(file);
      layout.publish(file, content);
      discount(before);
      objects.increment();
      proven.add(key);
      return true;
    } catch (IOException e) {
      headroom.giveBack(key.size());
      refused.increment();
      logSometimes(key, e.toString());
      return false;
    }
  }

  @Override
  public boolean hasRoom(long bytes) {
    return !closed && headroom.isSpacious(bytes);
  }

  private void callEvictor(long wanted) {
    Evictor keeper = evictor;
    if (keeper != null) {
      keeper.call(wanted);
    }
  }

  private void makeRoomIfTight() {
    if (evictor != null && headroom.isTight()) {
      callEvictor(0);
    }
  }

  @Override
  public Optional<FileRegion> locate(ObjectKey key) {
    if (closed || !isProven(key)) {
      return Optional.empty();
    }
    return Optional.of(new FileRegion(layout.pathOf(key), 0, key.size()));
  }

  @Override
  public @Nullable HeldFile holdFile(ObjectKey key) {
    if (closed || !(key instanceof ObjectKey.ByContent) || !isProven(key)) {
      return null;
    }
    HeldFile file = held.hold(layout.pathOf(key));
    try {
      // Held first, as the evictor marks first: one of both sees the other.
      if (!changing.contains(file.path()) && sizeOf(file.path()) == key.size()) {
        layout.touch(file.path());
        return file;
      }
    } catch (IOException e) {
      LOG.debug("object {} can't be held: {}", key, e.toString());
    }
    file.close();
    return null;
  }

  @Override
  public Usage usage() {
    long evicted = evictor == null ? 0 : evictor.evicted();
    return new Usage(objects.sum(), headroom.used(), damaged.sum(), refused.sum(), evicted);
  }

  @Override
  public void close() throws IOException {
    closed = true;
    if (evictor != null) {
      evictor.close();
    }
    scrubber.close();
    proven.removeAll();
    open.close();
    layout.close();
  }

  private boolean isProven(ObjectKey key) {
    return proven.has(key);
  }

  /** Opens and holds an object that is known to be good, if it is still there and whole. */
  private @Nullable OpenObject openProven(ProvenObject known) {
    ObjectKey key = known.key();
    try {
      OpenObject object = open.open(known);
      if (object == null && !closed) {
        LOG.warn("object {} was changed from outside and is fetched again", key);
        removeDamaged(key);
      }
      return object;
    } catch (NoSuchFileException e) {
      proven.remove(key);
    } catch (IOException e) {
      LOG.warn("object {} can't be opened: {}", key, e.toString());
    }
    return null;
  }

  /** Hashes an object that an earlier process left; whether it may be served. */
  private boolean prove(ObjectKey key) {
    if (closed || !(key instanceof ObjectKey.ByContent object)) {
      return false;
    }
    Path file = layout.pathOf(object);
    Digest actual;
    long size;
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      size = channel.size();
      actual = digestOf(channel);
    } catch (NoSuchFileException | ClosedByInterruptException e) {
      return false;
    } catch (IOException e) {
      LOG.warn("object {} can't be checked and is fetched again: {}", key, e.toString());
      removeDamaged(key);
      return false;
    }
    if (!actual.equals(object.digest())) {
      LOG.warn("object {} is damaged (its digest is {}) and is fetched again", key, actual);
      removeDamaged(key);
      return false;
    }
    // A sound object of another size than asked for: whoever named that size was wrong.
    if (size != key.size()) {
      return false;
    }
    proven.add(key);
    return true;
  }

  private static Digest digestOf(FileChannel channel) throws IOException {
    MessageDigest hash = Digest.newHash();
    ByteBuffer window = ByteBuffer.allocate(HASH_BUFFER);
    while (channel.read(window) >= 0) {
      hash.update(window.flip());
      window.clear();
    }
    return Digest.finish(hash);
  }

  /** Removes an object, unless it is being replaced right now, or was. */
  private void removeDamaged(ObjectKey key) {
    proven.remove(key);
    open.remove(key);
    Path file = layout.pathOf(key);
    if (changing.add(file)) {
      try {
        if (!isProven(key)) {
          deleteDamaged(file);
        }
      } finally {
        changing.remove(file);
      }
    }
  }

  private void deleteDamaged(Path file) {
    try {
      long size = sizeOf(file);
      if (Files.deleteIfExists(file)) {
        discount(size);
        damaged.increment();
      }
    } catch (IOException e) {
      LOG.warn("damaged object {} can't be removed: {}", file.getFileName(), e.toString());
    }
  }

  private static long sizeOf(Path file) throws IOException {
    if (!Files.exists(file)) { // asked first, since it mostly isn't, and an exception is dear
      return MISSING;
    }
    try {
      return Files.size(file);
    } catch (NoSuchFileException e) {
      return MISSING;
    }
  }

  private void count(long size) {
    objects.increment();
    headroom.count(size);
  }

  private void discount(long size) {
    if (size != MISSING) {
      objects.decrement();
      headroom.giveBack(size);
    }
  }

  private void logSometimes(ObjectKey key, String failure) {
    long now = System.nanoTime();
    long due = mayLogAt.get();
    if (now - due >= 0 && mayLogAt.compareAndSet(due, now + LOG_INTERVAL)) {
      LOG.error(
          "object {} can't be kept and is served from memory: {} (not said again for {} s; {} so"
              + " far)",
          key,
          failure,
          TimeUnit.NANOSECONDS.toSeconds(LOG_INTERVAL),
          refused.sum());
    }
  }

  /** What evictor and scrubber may do here. */
  private final class OwnShelves implements Evictor.Shelves, Scrubber.Shelves {

    @Override
    public long excess(long wanted) {
      return headroom.excess(wanted);
    }

    @Override
    public void forEach(StoreLayout.ObjectVisitor visitor) throws IOException {
      layout.forEach(visitor);
    }

    @Override
    public void closeIdle() {
      open.removeAll();
    }

    @Override
    public void removeDamaged(Path object) {
      if (changing.add(object)) {
        try {
          deleteDamaged(object);
        } finally {
          changing.remove(object);
        }
      }
    }

    @Override
    public long evict(Path object) throws IOException {
      if (!changing.add(object)) {
        return 0;
      }
      try {
        long size = sizeOf(object);
        // What the kernel reads stays on the disk whether it has a name or not.
        if (held.has(object) || size == MISSING || !Files.deleteIfExists(object)) {
          return 0;
        }
        discount(size);
        return size;
      } finally {
        changing.remove(object);
      }
    }
  }
}
