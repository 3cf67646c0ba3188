package io.loadstar.transport;

import java.nio.file.Path;

/**
 * Where and how to mount. Immutable.
 *
 * @param mountPoint an existing, empty directory; an absolute path
 * @param source what the mount table shows as its source, for instance "loadstar"
 * @param maxThreads how many threads may at most serve this mount at once, 2 or more
 */
public record MountSpec(Path mountPoint, String source, int maxThreads) {

  public MountSpec {
    if (!mountPoint.isAbsolute()) {
      throw new IllegalArgumentException("not absolute: " + mountPoint);
    }
    if (maxThreads < 2) {
      throw new IllegalArgumentException("a mount needs two threads or more, not " + maxThreads);
    }
  }
}
