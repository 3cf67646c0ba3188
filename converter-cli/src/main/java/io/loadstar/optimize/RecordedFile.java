package io.loadstar.optimize;

import io.loadstar.blob.Digest;
import org.jspecify.annotations.Nullable;

/**
 * A file that a workload has read. Immutable.
 *
 * @param path as the layer has it
 * @param manifest of the image that was run, before it was optimized; null where that isn't known
 * @param layer which of that manifest's layers the file came from, from 0; negative where that
 *     isn't known
 */
public record RecordedFile(String path, @Nullable Digest manifest, int layer) {

  /** The layer isn't known. */
  public static final int ANY_LAYER = -1;
}
