package io.loadstar.transport;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;

/** A live mount. Thread-safe. Closing it is what ends it: unmounted, and its threads gone. */
public interface FuseMount extends Closeable {

  /** Where it is mounted. */
  Path mountPoint();

  /**
   * Whether it is mounted and answers; false once it was unmounted from outside, even if an overlay
   * above it is still served. Looks into the mount table, never into the mount.
   */
  boolean isAlive();

  /**
   * Unmounts, lazily if it is busy, and ends its threads: afterwards the file system isn't asked
   * any more, and may be closed. Whatever still holds the mount (an open file, an overlay, another
   * mount namespace) is served for a second, then gets errors; reads that wait are answered with
   * EIO. Closing twice does nothing. Blocks: not for a virtual thread.
   *
   * @throws IOException if the kernel refused to unmount, or another mount lies over it; it may be
   *     tried again then
   */
  @Override
  void close() throws IOException;
}
