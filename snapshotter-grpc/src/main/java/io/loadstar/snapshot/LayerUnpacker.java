package io.loadstar.snapshot;

import java.nio.file.Path;
import java.util.Map;

/**
 * Fetches and unpacks a layer that can't be mounted lazily, so that containerd needn't, which would
 * fetch all layers above it as well. Thread-safe.
 */
@FunctionalInterface
public interface LayerUnpacker {

  /** Leaves all of them to containerd. */
  LayerUnpacker NONE =
      request -> {
        throw new NotUnpackedException("ordinary layers are left to containerd");
      };

  /**
   * Unpacks a layer, verified and on disk when this returns.
   *
   * @throws NotUnpackedException if it isn't, with the reason; what is in the directories then is
   *     worth nothing
   */
  void unpack(Request request) throws NotUnpackedException;

  /**
   * What is asked for.
   *
   * @param content an empty directory for the layer's files
   * @param discarded an empty directory beside it, for what the layer itself replaces
   * @param labels those of the Prepare
   * @param parentRef the {@link SnapshotLabel#REF} of the layer below, empty if there is none
   */
  record Request(Path content, Path discarded, Map<String, String> labels, String parentRef) {

    public Request {
      labels = Map.copyOf(labels);
    }
  }
}
