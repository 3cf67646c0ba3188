package io.loadstar.optimize;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A file that a workload has read. Immutable.
 *
 * @param path as the layer has it
 * @param manifest of the image that was run, before it was optimized; null where that isn't known
 * @param layer which of that manifest's layers the file came from, from 0; negative where that
 *     isn't known
 * @param parts what was read of it, in bytes of the file, each part behind the one before; empty
 *     for all
 */
public record RecordedFile(
    String path, @Nullable Digest manifest, int layer, List<ByteRange> parts) {

  /** A file of which more pieces were read was read: a line of a record isn't endless. */
  public static final int MAX_PARTS = 1000;

  /** The layer isn't known. */
  public static final int ANY_LAYER = -1;

  public RecordedFile {
    parts = List.copyOf(parts);
  }

  /** All of it was read, or how much isn't known. */
  public RecordedFile(String path, @Nullable Digest manifest, int layer) {
    this(path, manifest, layer, List.of());
  }
}
