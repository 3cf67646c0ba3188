package io.loadstar.layer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.loadstar.blob.Digest;
import io.loadstar.blob.MalformedBlobException;
import io.loadstar.toc.EntryType;
import io.loadstar.toc.Toc;
import io.loadstar.toc.TocEntry;
import java.util.ArrayList;
import java.util.List;

/** A TOC, row by row. Not thread-safe. */
final class TestToc {

  /** Where the payload of all these layers ends. */
  static final long END = 1_000_000;

  private final List<TocEntry> rows = new ArrayList<>();

  TestToc row(TocEntry.Builder row) {
    rows.add(row.build());
    return this;
  }

  TestToc directory(String name) {
    return row(TocEntry.of(name, EntryType.DIRECTORY).mode(0755));
  }

  /** A file of one chunk in a member of its own. */
  TestToc file(String name, long size, long offset) {
    return row(
        TocEntry.of(name, EntryType.REGULAR)
            .size(size)
            .offset(offset)
            .mode(0644)
            .chunkDigest(digest(name)));
  }

  /** A file of a chunk that doesn't hold all of it; rows of {@link #chunk} follow. */
  TestToc file(String name, long size, long offset, long chunkSize) {
    return row(
        TocEntry.of(name, EntryType.REGULAR)
            .size(size)
            .offset(offset)
            .chunkSize(chunkSize)
            .chunkDigest(digest(name)));
  }

  TestToc chunk(long chunkOffset, long chunkSize, long offset) {
    return row(
        TocEntry.of("ignored", EntryType.CHUNK)
            .chunkOffset(chunkOffset)
            .chunkSize(chunkSize)
            .offset(offset)
            .chunkDigest(digest("chunk at " + chunkOffset)));
  }

  TestToc empty(String name) {
    return row(TocEntry.of(name, EntryType.REGULAR));
  }

  TestToc hardlink(String name, String target) {
    return row(TocEntry.of(name, EntryType.HARDLINK).linkName(target));
  }

  TestToc symlink(String name, String target) {
    return row(TocEntry.of(name, EntryType.SYMLINK).linkName(target));
  }

  LayerTree tree() throws MalformedBlobException {
    return LayerTree.of(new Toc(Toc.VERSION, rows), END);
  }

  /** What is shown of it: in whichever way it is made, to the byte. */
  LayerTree view(OverlayXattrs namespace) throws MalformedBlobException {
    LayerTree view = OverlayView.of(new Toc(Toc.VERSION, rows), END, namespace);
    assertEquals(OverlayView.of(tree(), namespace).index(), view.index());
    return view;
  }

  static Digest digest(String of) {
    return Digest.of(of.getBytes(UTF_8));
  }
}
