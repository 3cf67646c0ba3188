package io.loadstar.convert;

import io.loadstar.blob.Digest;
import io.loadstar.build.PrioritizedFiles;
import java.util.Map;

/**
 * Which files are placed first in which layer of the source, where layers differ in that.
 * Immutable.
 *
 * @param layers by the digest of the layer in the source; the others have what all have
 */
public record LayerPriorities(Map<Digest, PrioritizedFiles> layers) {

  /** All layers have the same. */
  public static final LayerPriorities SAME = new LayerPriorities(Map.of());

  public LayerPriorities {
    layers = Map.copyOf(layers);
  }
}
