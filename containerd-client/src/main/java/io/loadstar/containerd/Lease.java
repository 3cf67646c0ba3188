package io.loadstar.containerd;

import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;

/**
 * What keeps content and snapshots alive while they are referred to by nothing else yet. Immutable.
 *
 * @param id its name in its namespace
 */
public record Lease(String id) {

  private static final int RANDOM_BYTES = 8;

  /** A name that nobody else has. */
  public static Lease unused() {
    byte[] random = new byte[RANDOM_BYTES];
    ThreadLocalRandom.current().nextBytes(random);
    return new Lease("loadstar-" + System.nanoTime() + "-" + HexFormat.of().formatHex(random));
  }
}
