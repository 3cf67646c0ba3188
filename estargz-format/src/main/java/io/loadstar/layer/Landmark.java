package io.loadstar.layer;

import io.loadstar.blob.ByteRange;
import java.util.List;

/** What the layer's landmark says of prefetching. */
public sealed interface Landmark {

  /** The file behind those that are to be prefetched. */
  String PREFETCH = ".prefetch.landmark";

  /** The file that says that nothing is to be prefetched. */
  String NO_PREFETCH = ".no.prefetch.landmark";

  /** The one byte that both hold. */
  byte CONTENT = 0x0f;

  /**
   * The blob is to be prefetched up to {@code end}.
   *
   * @param end where the landmark's own member starts in the blob
   * @param unread what lies before that and nobody is known to read: pieces of large files, each
   *     behind the one before
   */
  record PrefetchUpTo(long end, List<ByteRange> unread) implements Landmark {

    public PrefetchUpTo {
      unread = List.copyOf(unread);
    }

    /** How much is to be prefetched. */
    public long bytes() {
      return end - unread.stream().mapToLong(ByteRange::length).sum();
    }
  }

  /** Nothing is to be prefetched. */
  record PrefetchNothing() implements Landmark {}

  /** The layer says nothing. */
  record Absent() implements Landmark {}
}
