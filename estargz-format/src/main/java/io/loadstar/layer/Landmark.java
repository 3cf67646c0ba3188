package io.loadstar.layer;

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
   */
  record PrefetchUpTo(long end) implements Landmark {}

  /** Nothing is to be prefetched. */
  record PrefetchNothing() implements Landmark {}

  /** The layer says nothing. */
  record Absent() implements Landmark {}
}
