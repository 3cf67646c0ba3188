package io.loadstar.snapshot;

/**
 * What a snapshot takes on disk, its parents not counted. Immutable.
 *
 * @param size in bytes, in whole blocks
 * @param inodes how many; hardlinked names count once
 */
public record Usage(long size, long inodes) {

  /** Nothing: what a remote snapshot takes of its own. */
  public static final Usage NONE = new Usage(0, 0);
}
