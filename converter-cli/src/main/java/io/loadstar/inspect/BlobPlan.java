package io.loadstar.inspect;

import io.loadstar.blob.MalformedBlobException;
import io.loadstar.format.LayerBlob;
import io.loadstar.layer.Landmark;
import io.loadstar.layer.LayerTree;
import io.loadstar.tar.EntryName;
import io.loadstar.toc.EntryType;
import io.loadstar.toc.Toc;
import io.loadstar.toc.TocEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeSet;

/**
 * Where in a lazily readable blob what is. Immutable.
 *
 * @param files those with content, in the blob's order, without landmarks
 * @param entries how many rows the TOC has that aren't chunks
 * @param prefetchEnd up to where the blob is prefetched; none if the layer has no landmark
 * @param prefetchBytes how much of it up to there
 * @param tocOffset where the TOC starts
 */
public record BlobPlan(
    List<StoredFile> files,
    int entries,
    OptionalLong prefetchEnd,
    long prefetchBytes,
    long tocOffset) {

  public BlobPlan {
    files = List.copyOf(files);
  }

  /**
   * The plan that a TOC gives; it is checked as a tree first.
   *
   * @throws MalformedBlobException if it is none
   */
  static BlobPlan of(LayerBlob blob, Toc toc) throws MalformedBlobException {
    LayerTree tree = LayerTree.of(toc, blob.tocOffset());
    Landmark landmark = tree.landmark();
    OptionalLong end =
        landmark instanceof Landmark.PrefetchNothing ? OptionalLong.of(0) : tree.prefetchEnd();
    long bytes = landmark instanceof Landmark.PrefetchUpTo upTo ? upTo.bytes() : 0;
    TreeSet<Long> starts = new TreeSet<>();
    for (TocEntry row : toc.entries()) {
      if (hasContent(row)) {
        starts.add(row.offset());
      }
    }
    starts.add(blob.tocOffset());
    List<StoredFile> files = new ArrayList<>();
    int entries = 0;
    long lastOffset = -1;
    for (int i = 0; i < toc.entries().size(); i++) {
      TocEntry row = toc.entries().get(i);
      if (row.type() == EntryType.CHUNK) {
        continue;
      }
      entries++;
      if (hasContent(row) && !isLandmark(row)) {
        StoredFile file = file(toc.entries(), i, starts, lastOffset, end.orElse(0));
        files.add(file);
      }
      lastOffset = hasContent(row) ? lastOffsetOf(toc.entries(), i) : lastOffset;
    }
    return new BlobPlan(files, entries, end, bytes, blob.tocOffset());
  }

  private static StoredFile file(
      List<TocEntry> rows, int index, TreeSet<Long> starts, long before, long prefetchEnd) {
    TocEntry row = rows.get(index);
    long compressed = 0;
    long last = before;
    int chunks = 0;
    for (int i = index; i < rows.size() && (i == index || isChunk(rows.get(i))); i++) {
      long offset = rows.get(i).offset();
      if (offset != last) {
        Long next = starts.higher(offset);
        compressed += next == null ? 0 : next - offset;
      }
      last = offset;
      chunks++;
    }
    return new StoredFile(
        EntryName.clean(row.name()),
        row.size(),
        row.offset(),
        compressed,
        chunks,
        row.offset() < prefetchEnd);
  }

  private static long lastOffsetOf(List<TocEntry> rows, int index) {
    int last = index;
    while (last + 1 < rows.size() && isChunk(rows.get(last + 1))) {
      last++;
    }
    return rows.get(last).offset();
  }

  private static boolean isChunk(TocEntry row) {
    return row.type() == EntryType.CHUNK;
  }

  private static boolean hasContent(TocEntry row) {
    return isChunk(row) || (row.type() == EntryType.REGULAR && row.size() > 0);
  }

  private static boolean isLandmark(TocEntry row) {
    String name = EntryName.clean(row.name());
    return name.equals(Landmark.PREFETCH) || name.equals(Landmark.NO_PREFETCH);
  }

  /** Bytes of content of all files. */
  public long contentBytes() {
    return files.stream().mapToLong(StoredFile::size).sum();
  }

  /** The files that are prefetched. */
  public List<StoredFile> prefetched() {
    return files.stream().filter(StoredFile::prefetched).toList();
  }
}
