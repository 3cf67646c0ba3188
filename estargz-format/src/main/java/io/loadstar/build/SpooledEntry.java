package io.loadstar.build;

import io.loadstar.tar.TarWriter;
import io.loadstar.toc.TocEntry;

/**
 * A tar entry whose bytes stand in the spool. Immutable.
 *
 * @param cleanName its cleaned name
 * @param row what the TOC says of it, but where it is and what its digest is
 * @param offset of its first header in the spool
 * @param headerSize bytes of all its headers
 */
record SpooledEntry(String cleanName, TocEntry row, long offset, int headerSize) {

  long payloadOffset() {
    return offset + headerSize;
  }

  /** Of the payload, without what fills its last block; 0 for all but regular files. */
  long size() {
    return row.size();
  }

  /** Where the entry ends, the fill of its last block included. */
  long end() {
    return payloadOffset() + size() + TarWriter.padding(size());
  }
}
