package io.loadstar.transport.kernel;

import java.time.Duration;

/**
 * How a {@link KernelFuseTransport} works. Immutable.
 *
 * @param stuckAfter after how long a request that hasn't been answered is answered with EIO; longer
 *     than the file system lets any read wait
 * @param kernelFlags which flags of the kernel's are believed at INIT: all, but to see what an
 *     older kernel would do
 * @param bareXattrs what becomes of requests for extended attributes of a tree that has none
 */
public record KernelOptions(Duration stuckAfter, long kernelFlags, BareXattrs bareXattrs) {

  /** Requests for extended attributes of a tree that has none. */
  public enum BareXattrs {
    /** Each is answered: there is no such attribute (ENODATA), as on any other file system. */
    ANSWERED,
    /**
     * The first says that there are none at all: the kernel asks no more, and says EOPNOTSUPP to
     * programs, which some take for a failure.
     */
    REFUSED
  }

  /** Two minutes, all flags, every request answered. */
  public static final KernelOptions DEFAULT =
      new KernelOptions(Duration.ofMinutes(2), -1, BareXattrs.ANSWERED);

  public KernelOptions {
    if (!stuckAfter.isPositive()) {
      throw new IllegalArgumentException(
          "not a time after which a request is stuck: " + stuckAfter);
    }
  }

  /** These, with another time after which a request is stuck. */
  public KernelOptions withStuckAfter(Duration time) {
    return new KernelOptions(time, kernelFlags, bareXattrs);
  }

  /** These, for a kernel that offers no more than {@code flags}. */
  public KernelOptions withKernelFlags(long flags) {
    return new KernelOptions(stuckAfter, flags, bareXattrs);
  }

  /** These, with something else to become of requests for what a tree hasn't. */
  public KernelOptions withBareXattrs(BareXattrs other) {
    return new KernelOptions(stuckAfter, kernelFlags, other);
  }
}
