package io.loadstar.transport.kernel;

import java.time.Duration;

/**
 * How a {@link KernelFuseTransport} works. Immutable.
 *
 * @param stuckAfter after how long a request that hasn't been answered is answered with EIO; longer
 *     than the file system lets any read wait
 * @param kernelFlags which flags of the kernel's are believed at INIT: all, but to see what an
 *     older kernel would do
 */
public record KernelOptions(Duration stuckAfter, long kernelFlags) {

  /** Two minutes, all flags. */
  public static final KernelOptions DEFAULT = new KernelOptions(Duration.ofMinutes(2), -1);

  public KernelOptions {
    if (!stuckAfter.isPositive()) {
      throw new IllegalArgumentException(
          "not a time after which a request is stuck: " + stuckAfter);
    }
  }

  /** These, with another time after which a request is stuck. */
  public KernelOptions withStuckAfter(Duration time) {
    return new KernelOptions(time, kernelFlags);
  }

  /** These, for a kernel that offers no more than {@code flags}. */
  public KernelOptions withKernelFlags(long flags) {
    return new KernelOptions(stuckAfter, flags);
  }
}
