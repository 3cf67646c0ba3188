package io.loadstar.toc;

import io.loadstar.blob.ByteRange;
import java.util.List;

/**
 * A table of contents, as written. Immutable.
 *
 * @param version the document's; 1 is the only one known
 * @param entries its rows, in the order of the blob
 * @param unread what of the blob's prioritized beginning isn't to be prefetched: whole members,
 *     each behind the one before. Ours alone; other readers prefetch all of that beginning
 */
public record Toc(int version, List<TocEntry> entries, List<ByteRange> unread) {

  /** The version that is written. */
  public static final int VERSION = 1;

  /** The name of the tar entry that holds the TOC. */
  public static final String ENTRY_NAME = "stargz.index.json";

  public Toc {
    entries = List.copyOf(entries);
    unread = List.copyOf(unread);
  }

  /** A TOC as others write it. */
  public Toc(int version, List<TocEntry> entries) {
    this(version, entries, List.of());
  }
}
