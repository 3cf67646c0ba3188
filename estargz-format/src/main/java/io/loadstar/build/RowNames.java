package io.loadstar.build;

import io.loadstar.blob.MalformedBlobException;
import io.loadstar.tar.EntryName;
import io.loadstar.tar.UnsupportedTarException;
import io.loadstar.toc.TocEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Under which name the TOC has each entry of a tar, so that its tree is that of an extraction in
 * order: a later entry may have taken an earlier one's name, and a hardlink have kept its file.
 * Immutable.
 */
public final class RowNames {

  private final List<SpooledEntry> entries;
  private final Extraction extraction;

  /** By the entry of a file that has lost its name: the first hardlink to it that has one. */
  private final Map<Integer, Integer> namesakes = new HashMap<>();

  /**
   * @param ordered the entries in the order of the layer, by their place in {@code entries}
   */
  RowNames(List<SpooledEntry> entries, Extraction extraction, List<Integer> ordered) {
    this.entries = entries;
    this.extraction = extraction;
    for (int index : ordered) {
      int file = extraction.file(index);
      if (file != index && extraction.isLive(index) && !extraction.isLive(file)) {
        namesakes.putIfAbsent(file, index);
      }
    }
  }

  /**
   * The rows that the TOC of a tar has.
   *
   * @param rows what the tar says of its entries, in its order
   * @return for each entry its row, or null if it has no name in the end
   * @throws UnsupportedTarException if a hardlink leads nowhere
   * @throws MalformedBlobException if the entries can't be a tree
   */
  public static List<@Nullable TocEntry> of(List<TocEntry> rows)
      throws UnsupportedTarException, MalformedBlobException {
    List<SpooledEntry> entries = new ArrayList<>(rows.size());
    List<Integer> ordered = new ArrayList<>(rows.size());
    for (TocEntry row : rows) {
      ordered.add(entries.size());
      entries.add(new SpooledEntry(EntryName.clean(row.name()), row, 0, 0));
    }
    RowNames names = new RowNames(entries, Extraction.of(entries), ordered);
    List<@Nullable TocEntry> named = new ArrayList<>(rows.size());
    for (int index : ordered) {
      named.add(names.row(index));
    }
    return named;
  }

  /**
   * What the TOC says of an entry: its own row; or a hardlink's name with this entry's file, if a
   * later entry has taken this one's name; or null, if it has no name of its own in the end.
   */
  @Nullable TocEntry row(int index) {
    TocEntry own = entries.get(index).row();
    Integer namesake = namesakes.get(index);
    if (namesake != null) {
      return own.toBuilder().name(entries.get(namesake).row().name()).build();
    }
    if (!extraction.isLive(index)) {
      return null;
    }
    int file = extraction.file(index);
    if (file == index) {
      return own;
    }
    Integer owner = namesakes.get(file);
    if (owner != null) {
      String name = entries.get(owner).cleanName();
      return owner == index ? null : own.toBuilder().linkName(name).build();
    }
    return extraction.isLive(extraction.target(index)) ? own : relinked(own, file);
  }

  private TocEntry relinked(TocEntry link, int file) {
    return link.toBuilder().linkName(entries.get(file).cleanName()).build();
  }
}
