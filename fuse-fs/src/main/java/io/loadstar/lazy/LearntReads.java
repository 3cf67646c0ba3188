package io.loadstar.lazy;

import io.loadstar.blob.Digest;
import java.util.List;

/**
 * What earlier starts on this node read of each layer. Thread-safe; may use the disk, and isn't
 * asked by a thread that serves requests.
 *
 * <p>It is a hint: what it says of a layer that isn't so costs a fetch for nothing.
 */
public interface LearntReads {

  /** How many members of a layer are remembered at most: what a start reads are some hundred. */
  int MAX_MEMBERS = 4096;

  /** Nothing is remembered, and so nothing is written down. */
  LearntReads NONE =
      new LearntReads() {
        @Override
        public List<Long> of(Digest layer) {
          return List.of();
        }

        @Override
        public void learn(Digest layer, List<Long> members) {}
      };

  /** Where in its blob the members begin that were read; empty if nothing is known. */
  List<Long> of(Digest layer);

  /**
   * A start has read these.
   *
   * @param members where in the blob they begin, the first first; {@link #MAX_MEMBERS} at most
   */
  void learn(Digest layer, List<Long> members);
}
