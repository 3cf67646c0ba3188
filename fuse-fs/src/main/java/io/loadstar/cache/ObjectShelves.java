package io.loadstar.cache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of a store's objects: published, held, removed and counted, within the quota.
 * Thread-safe; closed by the store.
 *
 * <p><em>Changing</em> are the files that are being published or removed: one thread changes a
 * file, a second one that wants to leaves it at that.
 */
final class ObjectShelves implements Evictor.Shelves, Scrubber.Shelves, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ObjectShelves.class);
  private static final long LOG_INTERVAL = Duration.ofMinutes(1).toNanos();

  private final StoreLayout layout;
  private final Headroom headroom;
  private final ProvenObjects proven;
  private final OpenObjects open;
  private final @Nullable Evictor evictor;
  private final Set<Path> changing = ConcurrentHashMap.newKeySet();
  private final HeldFiles held = new HeldFiles();
  private final LongAdder objects = new LongAdder();
  private final LongAdder damaged = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final AtomicLong mayLogAt = new AtomicLong(System.nanoTime());

  /**
   * @param proven is told of what is published and of what is removed as damaged
   * @param open lets go of what is removed
   */
  ObjectShelves(StoreLayout layout, Quota quota, ProvenObjects proven, OpenObjects open) {
    this.layout = layout;
    this.headroom = new Headroom(quota, layout);
    this.proven = proven;
    this.open = open;
    this.evictor = quota.isBound() ? Evictor.start(this) : null;
  }

  /** Counts what an earlier process left. */
  void countAll() throws IOException {
    layout.forEach((_, size, _) -> {
      objects.increment();
      headroom.count(size);
    });
    makeRoomIfTight();
  }

  /** Whether an object may go at any time to make room. */
  boolean isEvicting() {
    return evictor != null;
  }

  /** Publishes an object, which is proven then; false if it isn't kept. */
  boolean publish(ObjectKey key, StoreLayout.Content content) {
    Path file = layout.pathOf(key);
    if (!changing.add(file)) {
      return false;
    }
    try {
      return publish(key, file, content);
    } finally {
      changing.remove(file);
      makeRoomIfTight();
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

  /** Whether there is room for so many bytes and more that nobody waits for. */
  boolean hasRoom(long bytes) {
    return headroom.isSpacious(bytes);
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

  /** Has an object's file stay until it is let go of; null if it isn't there, or is changing. */
  ContentStore.@Nullable HeldFile hold(ObjectKey key) {
    ContentStore.HeldFile file = held.hold(layout.pathOf(key));
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

  /** Removes an object, unless it is being replaced right now, or was. */
  void removeDamaged(ObjectKey key) {
    proven.remove(key);
    open.remove(key);
    Path file = layout.pathOf(key);
    if (changing.add(file)) {
      try {
        if (!proven.has(key)) {
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

  /** Bytes of a file; {@link ContentStore#MISSING} if there is none. */
  static long sizeOf(Path file) throws IOException {
    if (!Files.exists(file)) { // asked first, since it mostly isn't, and an exception is dear
      return ContentStore.MISSING;
    }
    try {
      return Files.size(file);
    } catch (NoSuchFileException e) {
      return ContentStore.MISSING;
    }
  }

  private void discount(long size) {
    if (size != ContentStore.MISSING) {
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

  /** What is there, and what became of what isn't. */
  ContentStore.Usage usage() {
    long evicted = evictor == null ? 0 : evictor.evicted();
    return new ContentStore.Usage(
        objects.sum(), headroom.used(), damaged.sum(), refused.sum(), evicted);
  }

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
      if (held.has(object) || size == ContentStore.MISSING || !Files.deleteIfExists(object)) {
        return 0;
      }
      discount(size);
      return size;
    } finally {
      changing.remove(object);
    }
  }

  @Override
  public void close() {
    if (evictor != null) {
      evictor.close();
    }
  }
}
