package io.loadstar.inspect;

import io.loadstar.blob.MalformedBlobException;
import io.loadstar.build.RowNames;
import io.loadstar.tar.UnsupportedTarException;
import io.loadstar.toc.EntryType;
import io.loadstar.toc.Toc;
import io.loadstar.toc.TocEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Compares the entries of a tar with the rows of the layer's TOC, which are those that an
 * extraction in order would leave, or simply one for each entry. Not thread-safe. Without a TOC
 * there is nothing to compare.
 */
final class RowComparison implements LayerTar.Receiver {

  private final List<TocEntry> rows = new ArrayList<>();
  private final List<Entry> entries = new ArrayList<>();
  private final boolean compares;

  /** An entry of the tar. */
  private record Entry(FileFacts facts, long tarOffset) {}

  RowComparison(Optional<Toc> toc) {
    this.compares = toc.isPresent();
    toc.ifPresent(each ->
        each.entries().stream().filter(row -> row.type() != EntryType.CHUNK).forEach(rows::add));
  }

  @Override
  public void entry(FileFacts entry, long tarOffset) {
    if (compares && !entry.path().equals(Toc.ENTRY_NAME)) {
      entries.add(new Entry(entry, tarOffset));
    }
  }

  /** The first difference, once the tar has ended. */
  Optional<WrongPlace> difference() {
    if (!compares) {
      return Optional.empty();
    }
    WrongPlace difference = difference(entries);
    if (difference == null) {
      return Optional.empty();
    }
    List<Entry> named = named();
    return named.equals(entries) ? Optional.of(difference) : Optional.ofNullable(difference(named));
  }

  /** The entries under the names that they have in the end, without those that have none. */
  private List<Entry> named() {
    try {
      List<@Nullable TocEntry> names =
          RowNames.of(entries.stream().map(each -> each.facts().toRow()).toList());
      List<Entry> named = new ArrayList<>();
      for (int i = 0; i < names.size(); i++) {
        TocEntry row = names.get(i);
        if (row != null) {
          named.add(new Entry(entries.get(i).facts().named(row), entries.get(i).tarOffset()));
        }
      }
      return named;
    } catch (UnsupportedTarException | MalformedBlobException e) {
      return entries; // then the TOC can't say more than the tar
    }
  }

  private @Nullable WrongPlace difference(List<Entry> expected) {
    for (int i = 0; i < expected.size(); i++) {
      WrongPlace difference =
          i == rows.size()
              ? new WrongPlace(
                  -1, "the tar has " + expected.get(i).facts().path() + ", the TOC hasn't")
              : difference(expected.get(i), rows.get(i));
      if (difference != null) {
        return difference;
      }
    }
    return expected.size() < rows.size()
        ? new WrongPlace(-1, "the TOC has " + rows.get(expected.size()).name() + ", the tar hasn't")
        : null;
  }

  private static @Nullable WrongPlace difference(Entry entry, TocEntry row) {
    FileFacts said = FileFacts.of(row);
    String path = entry.facts().path();
    if (!said.path().equals(path)) {
      return new WrongPlace(
          -1, "the tar has " + shown(path) + " where the TOC has " + shown(said.path()));
    }
    List<String> fields = said.differences(entry.facts());
    return fields.isEmpty()
        ? null
        : new WrongPlace(
            row.offset() > 0 ? row.offset() : -1,
            path
                + ": the TOC says another "
                + String.join(", ", fields)
                + " than the tar (tar offset "
                + entry.tarOffset()
                + ")");
  }

  private static String shown(String path) {
    return path.isEmpty() ? "/" : path;
  }
}
