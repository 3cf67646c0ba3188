package io.loadstar.transport;

import java.nio.file.Path;

/**
 * Where and how to mount. Immutable.
 *
 * @param mountPoint an existing, empty directory; an absolute path
 * @param source what the mount table shows as its source, for instance "loadstar"
 * @param maxThreads how many threads may at most serve this mount at once, 2 or more
 * @param passthrough whether the kernel is to read whole files itself
 */
public record MountSpec(Path mountPoint, String source, int maxThreads, Passthrough passthrough) {

  /** Who reads a file that is whole and checked on a local disk. */
  public enum Passthrough {

    /** The transport, as any other. */
    NONE,

    /**
     * The kernel, if transport and kernel can; if not, the transport. An overlay over an overlay
     * over such a mount isn't possible: the kernel stacks no deeper.
     */
    WHOLE_FILES
  }

  /** Without passthrough. */
  public MountSpec(Path mountPoint, String source, int maxThreads) {
    this(mountPoint, source, maxThreads, Passthrough.NONE);
  }

  public MountSpec {
    if (!mountPoint.isAbsolute()) {
      throw new IllegalArgumentException("not absolute: " + mountPoint);
    }
    if (maxThreads < 2) {
      throw new IllegalArgumentException("a mount needs two threads or more, not " + maxThreads);
    }
  }
}
