package io.loadstar.cache;

import static io.loadstar.cache.ContentStore.MISSING;

import io.loadstar.blob.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads of a store's objects, and the proof that they are what their names say. Thread-safe; closed
 * by the store.
 *
 * <p>Three bounded tables make it quick. <em>Proven</em> are the objects that this process has
 * written or hashed: only they are served without a look at their bytes. <em>Open</em> are the
 * channels of larger objects that were read lately ({@link SmallObjects} aren't worth it); one that
 * is closed because a reader was interrupted (which closes a FileChannel for all) is opened again
 * by the other readers.
 */
final class ObjectReads {

  private static final Logger LOG = LoggerFactory.getLogger(ObjectReads.class);

  /** How often a reader opens again what an interrupt of another closed, before it gives up. */
  private static final int MAX_REOPENS = 16;

  private static final int HASH_BUFFER = 1 << 17;

  private final StoreLayout layout;
  private final OpenObjects open;
  private final SmallObjects small;
  private final ProvenObjects proven;
  private final ObjectShelves shelves;
  private volatile boolean closed;

  /**
   * @param shelves is told of what is damaged
   */
  ObjectReads(StoreLayout layout, ProvenObjects proven, OpenObjects open, ObjectShelves shelves) {
    this.layout = layout;
    this.open = open;
    this.small = new SmallObjects(layout);
    this.proven = proven;
    this.shelves = shelves;
  }

  /** As {@link ContentStore#tryRead} does. */
  int tryRead(ObjectKey key, long offset, ByteBuffer destination) {
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
        shelves.removeDamaged(key);
        return MISSING;
      } finally {
        object.letGo();
      }
    }
    return MISSING;
  }

  /** As {@link ContentStore#read} does. */
  int read(ObjectKey key, long offset, ByteBuffer destination) {
    int count = tryRead(key, offset, destination);
    if (count != MISSING || proven.has(key) || !prove(key)) {
      return count;
    }
    return tryRead(key, offset, destination);
  }

  /** Holds the object open for the caller, who lets it go; null if it can't be served. */
  private @Nullable OpenObject hold(ObjectKey key) {
    OpenObject object = open.hold(key);
    ProvenObject known = object == null ? proven.find(key) : null;
    return known == null ? object : openProven(known);
  }

  /** Opens and holds an object that is known to be good, if it is still there and whole. */
  private @Nullable OpenObject openProven(ProvenObject known) {
    ObjectKey key = known.key();
    try {
      OpenObject object = open.open(known);
      if (object == null && !closed) {
        LOG.warn("object {} was changed from outside and is fetched again", key);
        shelves.removeDamaged(key);
      }
      return object;
    } catch (NoSuchFileException e) {
      proven.remove(key);
    } catch (IOException e) {
      LOG.warn("object {} can't be opened: {}", key, e.toString());
    }
    return null;
  }

  /**
   * Writes {@code whole} out of its parts.
   *
   * @param file an empty one, which can be read as well
   * @throws IOException if a part isn't there, or they make up something else
   */
  void writeJoined(ObjectKey.ByContent whole, List<ObjectKey> parts, FileChannel file)
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

  /** Hashes an object that an earlier process left; whether it may be served. */
  boolean prove(ObjectKey key) {
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
      shelves.removeDamaged(key);
      return false;
    }
    if (!actual.equals(object.digest())) {
      LOG.warn("object {} is damaged (its digest is {}) and is fetched again", key, actual);
      shelves.removeDamaged(key);
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

  /** Proves nothing more, and takes nothing that is closed for damaged. */
  void end() {
    closed = true;
  }
}
