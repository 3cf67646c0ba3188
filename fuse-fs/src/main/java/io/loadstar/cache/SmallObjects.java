package io.loadstar.cache;

import io.loadstar.linux.FileOnce;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Reads objects that aren't worth being kept open: small ones, which the kernel asks for once and
 * then has in its page cache. A walk over many files, as {@code tar} is, would open, register and
 * close a channel for each, at ten times the price of the three system calls made here.
 *
 * <p>Thread-safe. Makes nothing, and has nothing to close.
 */
final class SmallObjects {

  /** What is as large or smaller; the kernel reads that in one piece. */
  static final int MOST_BYTES = 128 << 10;

  /** What stands behind a domain's directory: two hex digits, a slash, 64 of them, a zero byte. */
  private static final int NAME_BYTES = 2 + 1 + 64 + 1;

  /** A directory whose path is longer isn't served here: PATH_MAX of linux/limits.h. */
  private static final int PATH_MAX = 4096;

  private static final ThreadLocal<ByteBuffer> PATHS =
      ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(PATH_MAX));

  private final StoreLayout layout;
  private final ConcurrentMap<SharingDomain, byte[]> directories = new ConcurrentHashMap<>();

  SmallObjects(StoreLayout layout) {
    this.layout = layout;
  }

  /**
   * Whether {@link #tryRead} is worth trying: not for a buffer on the heap, which the kernel can't
   * fill, nor on a virtual thread, which would need a path's memory of its own.
   */
  static boolean isFor(ObjectKey key, ByteBuffer destination) {
    return key.size() <= MOST_BYTES
        && key instanceof ObjectKey.ByContent
        && destination.isDirect()
        && !Thread.currentThread().isVirtual();
  }

  /**
   * Copies from {@code offset} up to the object's end or the buffer's limit; the position moves.
   *
   * @return how many bytes; {@link ContentStore#MISSING} for any failure, with the position left
   *     where it was
   */
  int tryRead(ProvenObject object, long offset, ByteBuffer destination) {
    if (!(object.key() instanceof ObjectKey.ByContent key)) {
      return ContentStore.MISSING;
    }
    byte[] directory = directoryOf(key.domain());
    int length = (int) Math.clamp(key.size() - offset, 0L, destination.remaining());
    if (directory.length > PATH_MAX - NAME_BYTES) {
      return ContentStore.MISSING;
    }
    ByteBuffer path = PATHS.get().clear().put(directory);
    putName(key, path);
    int start = destination.position();
    int limit = destination.limit();
    destination.limit(start + length);
    int count = FileOnce.read(path, offset, destination, object.isToBeTouched());
    destination.limit(limit);
    if (count != length) {
      destination.position(start);
      return ContentStore.MISSING;
    }
    return count;
  }

  private static void putName(ObjectKey.ByContent key, ByteBuffer path) {
    int folder = path.position();
    path.position(folder + 3);
    key.digest().putHex(path);
    path.put((byte) 0);
    path.put(folder, path.get(folder + 3)).put(folder + 1, path.get(folder + 4));
    path.put(folder + 2, (byte) '/');
    path.flip();
  }

  private byte[] directoryOf(SharingDomain domain) {
    byte[] known = directories.get(domain);
    return known != null ? known : directories.computeIfAbsent(domain, this::pathOf);
  }

  private byte[] pathOf(SharingDomain domain) {
    Path directory = layout.directoryOf(domain).toAbsolutePath();
    return (directory + "/").getBytes(StandardCharsets.UTF_8);
  }
}
