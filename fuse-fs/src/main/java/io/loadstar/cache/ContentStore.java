package io.loadstar.cache;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The node's store of verified content: what was fetched once is there for every layer of its
 * domain, also after a restart.
 *
 * <p>Thread-safe. An object is whole or it isn't there. Nothing here throws for a miss, a damaged
 * object, or a full disk: those are misses, and the caller fetches again.
 */
public interface ContentStore extends Closeable {

  /** What a read answers when the object can't be had from here. */
  int MISSING = -1;

  /**
   * Copies from an object that this process has written or checked before. Doesn't wait for more
   * than a local disk, and doesn't allocate while the object is open.
   *
   * @param offset from where in the object, 0 up to its size
   * @param destination takes as many bytes as it has room for and the object has behind {@code
   *     offset}; its position moves by that
   * @return that count, or {@link #MISSING}, with the position left where it was
   */
  int tryRead(ObjectKey key, long offset, ByteBuffer destination);

  /**
   * The key of an object that {@link #tryRead} has, without making one where the store has it.
   *
   * @return null if {@code tryRead} would miss
   */
  default @Nullable ObjectKey find(SoughtObject sought) {
    return sought.key();
  }

  /**
   * As {@link #tryRead}, and first checks an object that an earlier process left: it is hashed
   * whole. A damaged one is removed. To be called where work may be done: not from a thread that
   * serves requests.
   */
  int read(ObjectKey key, long offset, ByteBuffer destination);

  /**
   * Whether there is such an object, perhaps one that an earlier process left and that {@link
   * #read} will find damaged.
   */
  boolean contains(ObjectKey key);

  /**
   * Keeps {@code bytes}, which the caller has verified, under {@code key}. Does nothing if they are
   * kept already.
   *
   * @param bytes exactly {@code key.size()} of them; position and limit are left as they were
   * @return whether the object is there now; false if there is no room for it by quota or on disk,
   *     or the disk fails, which is logged here
   */
  boolean put(ObjectKey key, ByteBuffer bytes);

  /**
   * Where the bytes of an object lie, for a transport that replies without a copy or hands a file
   * to the kernel. Empty if {@link #tryRead} would miss. The file may be removed at any time: who
   * fails to open it reads in the ordinary way.
   */
  Optional<FileRegion> locate(ObjectKey key);

  /**
   * Holds an object's file where it is: it isn't evicted until it is let go. For a transport that
   * hands it to the kernel, which then reads it without asking.
   *
   * @return the file, whole and checked, which the caller closes; null if {@link #tryRead} would
   *     miss, and for what has no digest
   */
  default @Nullable HeldFile holdFile(ObjectKey key) {
    return null;
  }

  /**
   * Makes one object of several, which stay. Blocks while it copies and hashes all of it: not for a
   * thread that serves requests.
   *
   * @param whole named by the digest of all bytes
   * @param parts in their order, which make up {@code whole}
   * @return whether it is there now, and checked; false if a part isn't, if they make up something
   *     else, or if there is no room
   */
  default boolean join(ObjectKey.ByContent whole, List<ObjectKey> parts) {
    return false;
  }

  /** A file that stays where it is until this is closed. Thread-safe; closing twice is harmless. */
  interface HeldFile extends AutoCloseable {

    /** Where it is. */
    Path path();

    @Override
    void close();
  }

  /**
   * Whether what nobody waits for may be added: once the store is nearly full, each object that is
   * fetched ahead would drive out one that was used.
   *
   * @param bytes how many are on their way already
   */
  boolean hasRoom(long bytes);

  /** How much there is now. */
  Usage usage();

  /** Ends it; objects stay. Reads miss from then on, and nothing more is kept. */
  @Override
  void close() throws IOException;

  /**
   * A part of a file.
   *
   * @param offset its first byte
   * @param length how many bytes
   */
  record FileRegion(Path file, long offset, long length) {}

  /**
   * How much a store holds and what befell it since it was opened.
   *
   * @param objects how many objects
   * @param bytes the sum of their sizes
   * @param damaged how many objects were found damaged, and removed
   * @param refused how many objects couldn't be kept, for want of space mostly
   * @param evicted how many objects were removed to make room
   */
  record Usage(long objects, long bytes, long damaged, long refused, long evicted) {}
}
