package io.loadstar.build;

import io.loadstar.toc.TocEntry;
import org.jspecify.annotations.Nullable;

/**
 * An entry in its place in the layer. Immutable.
 *
 * @param entry its bytes
 * @param row what the TOC says of it: its own row; or a hardlink's name with this entry's file, if
 *     a later entry has taken this one's name; or null, if it has no name of its own in the end
 */
record PlacedEntry(SpooledEntry entry, @Nullable TocEntry row) {}
