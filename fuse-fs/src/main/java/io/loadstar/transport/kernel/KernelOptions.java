package io.loadstar.transport.kernel;

import java.time.Duration;

/**
 * How a {@link KernelFuseTransport} works. Immutable.
 *
 * @param stuckAfter after how long a request that hasn't been answered is answered with EIO; longer
 *     than the file system lets any read wait
 * @param terms what INIT asks for
 */
public record KernelOptions(Duration stuckAfter, Agreement.Terms terms) {

  /** Two minutes. */
  public static final KernelOptions DEFAULT =
      new KernelOptions(Duration.ofMinutes(2), Agreement.Terms.USUAL);

  public KernelOptions {
    if (!stuckAfter.isPositive()) {
      throw new IllegalArgumentException(
          "not a time after which a request is stuck: " + stuckAfter);
    }
  }

  /** These, with another time after which a request is stuck. */
  public KernelOptions withStuckAfter(Duration time) {
    return new KernelOptions(time, terms);
  }

  /** These, with other wishes at INIT. */
  KernelOptions withTerms(Agreement.Terms wishes) {
    return new KernelOptions(stuckAfter, wishes);
  }
}
