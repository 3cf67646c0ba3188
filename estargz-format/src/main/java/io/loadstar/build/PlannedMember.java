package io.loadstar.build;

import io.loadstar.blob.ByteRange;
import java.util.List;

/**
 * What goes into one member: ranges of the spool, the first of which begins with a chunk of a file,
 * but in the member that begins the blob. Immutable.
 *
 * @param chunkSize bytes of the chunk; 0 if there is none
 * @param ranges what is in the member: chunk, fill of its block, headers up to the next payload
 */
record PlannedMember(int chunkSize, List<ByteRange> ranges) {

  long size() {
    long size = 0;
    for (ByteRange range : ranges) {
      size += range.length();
    }
    return size;
  }
}
