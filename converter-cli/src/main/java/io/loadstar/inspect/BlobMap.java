package io.loadstar.inspect;

import java.util.ArrayList;
import java.util.List;

/**
 * A blob cut into pieces that can be told apart when the whole is as wide as a page: large files
 * alone, small neighbours together. Immutable.
 *
 * @param pieces in the blob's order; their bytes add up to the blob
 */
record BlobMap(List<Piece> pieces) {

  /** A piece that is narrower can't be pointed at. */
  private static final double LEAST_SHARE = 0.006;

  /** What a piece is. */
  enum Kind {
    PREFETCHED("prefetched"),
    ON_DEMAND("on demand"),
    INDEX("index");

    private final String words;

    Kind(String words) {
      this.words = words;
    }

    String words() {
      return words;
    }
  }

  /**
   * A run of the blob.
   *
   * @param label the file, or how many
   * @param files how many
   * @param bytes of the blob
   */
  record Piece(Kind kind, String label, int files, long offset, long bytes) {

    /** The file's name without its directories, or how many they are. */
    String shortLabel() {
      return files > 1
          ? new Count(files, "file").toString()
          : label.substring(label.lastIndexOf('/') + 1);
    }
  }

  BlobMap {
    pieces = List.copyOf(pieces);
  }

  static BlobMap of(BlobPlan plan, long blobSize) {
    Pieces pieces = new Pieces(Math.max(1, (long) (blobSize * LEAST_SHARE)));
    for (StoredFile file : plan.files()) {
      pieces.add(file);
    }
    pieces.flush();
    pieces.done.add(
        new Piece(
            Kind.INDEX,
            "the TOC and the footer",
            0,
            plan.tocOffset(),
            blobSize - plan.tocOffset()));
    return new BlobMap(pieces.done);
  }

  /** Gathers small neighbours. */
  private static final class Pieces {
    private final long least;
    private final List<Piece> done = new ArrayList<>();
    private final List<StoredFile> small = new ArrayList<>();
    private long smallBytes;

    Pieces(long least) {
      this.least = least;
    }

    void add(StoredFile file) {
      boolean other = !small.isEmpty() && small.getFirst().prefetched() != file.prefetched();
      if (other || file.compressed() >= least) {
        flush();
      }
      small.add(file);
      smallBytes += file.compressed();
      if (smallBytes >= least) {
        flush();
      }
    }

    void flush() {
      if (small.isEmpty()) {
        return;
      }
      StoredFile first = small.getFirst();
      String label =
          small.size() == 1
              ? first.path()
              : small.size() + " files from " + first.path() + " to " + small.getLast().path();
      Kind kind = first.prefetched() ? Kind.PREFETCHED : Kind.ON_DEMAND;
      done.add(new Piece(kind, label, small.size(), first.offset(), smallBytes));
      small.clear();
      smallBytes = 0;
    }
  }
}
