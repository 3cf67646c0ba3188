package io.loadstar.build;

import io.loadstar.blob.ByteRange;
import java.util.List;

/**
 * What goes into one member: ranges of the spool, and the chunks of files in them. The member that
 * begins the blob may have no chunk. Immutable.
 *
 * @param chunks in their order
 * @param ranges what is in the member: chunks, fills of blocks, headers up to the next payload
 */
record PlannedMember(List<PlannedChunk> chunks, List<ByteRange> ranges) {

  /**
   * A chunk of a file.
   *
   * @param innerOffset how many bytes of the member come before it
   * @param size in bytes
   */
  record PlannedChunk(long innerOffset, int size) {}

  long size() {
    long size = 0;
    for (ByteRange range : ranges) {
      size += range.length();
    }
    return size;
  }
}
