package io.loadstar.inspect;

import io.loadstar.toc.EntryType;
import io.loadstar.toc.Toc;
import io.loadstar.toc.TocEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Compares the entries of a tar, as they come, with the rows of the layer's TOC. Not thread-safe.
 * Without a TOC there is nothing to compare.
 */
final class RowComparison implements LayerTar.Receiver {

  private final List<TocEntry> rows = new ArrayList<>();
  private final boolean compares;
  private int next;
  private @Nullable WrongPlace difference;

  RowComparison(Optional<Toc> toc) {
    this.compares = toc.isPresent();
    toc.ifPresent(each ->
        each.entries().stream().filter(row -> row.type() != EntryType.CHUNK).forEach(rows::add));
  }

  /** The first difference. */
  Optional<WrongPlace> difference() {
    return Optional.ofNullable(difference);
  }

  @Override
  public void entry(FileFacts entry, long tarOffset) {
    if (!compares || difference != null || entry.path().equals(Toc.ENTRY_NAME)) {
      return;
    }
    if (next == rows.size()) {
      difference = new WrongPlace(-1, "the tar has " + entry.path() + ", the TOC hasn't");
      return;
    }
    TocEntry row = rows.get(next++);
    FileFacts said = FileFacts.of(row);
    if (!said.path().equals(entry.path())) {
      difference =
          new WrongPlace(
              -1,
              "the tar has " + shown(entry.path()) + " where the TOC has " + shown(said.path()));
      return;
    }
    List<String> fields = said.differences(entry);
    if (!fields.isEmpty()) {
      difference =
          new WrongPlace(
              row.offset() > 0 ? row.offset() : -1,
              entry.path()
                  + ": the TOC says another "
                  + String.join(", ", fields)
                  + " than the tar (tar offset "
                  + tarOffset
                  + ")");
    }
  }

  /** Says that the tar has ended. */
  void end() {
    if (compares && difference == null && next < rows.size()) {
      difference = new WrongPlace(-1, "the TOC has " + rows.get(next).name() + ", the tar hasn't");
    }
  }

  private static String shown(String path) {
    return path.isEmpty() ? "/" : path;
  }
}
