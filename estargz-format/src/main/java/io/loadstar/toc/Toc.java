package io.loadstar.toc;

import java.util.List;

/**
 * A table of contents, as written. Immutable.
 *
 * @param version the document's; 1 is the only one known
 * @param entries its rows, in the order of the blob
 */
public record Toc(int version, List<TocEntry> entries) {

  /** The version that is written. */
  public static final int VERSION = 1;

  /** The name of the tar entry that holds the TOC. */
  public static final String ENTRY_NAME = "stargz.index.json";

  public Toc {
    entries = List.copyOf(entries);
  }
}
