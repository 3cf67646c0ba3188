package io.loadstar.transport;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;

/** A live mount. Thread-safe. Closing it is what ends it: unmounted, and its threads gone. */
public interface FuseMount extends Closeable {

  /** Where it is mounted. */
  Path mountPoint();

  /** Whether requests are still answered; false once it was unmounted from outside. */
  boolean isAlive();

  /**
   * Unmounts, lazily if it is busy, and ends its threads. What has files open on a busy mount goes
   * on until it closes them. Closing twice does nothing.
   *
   * @throws IOException if the kernel refused to unmount
   */
  @Override
  void close() throws IOException;
}
