package io.loadstar.layer;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.blob.MalformedBlobException;
import io.loadstar.toc.EntryType;
import io.loadstar.toc.Toc;
import io.loadstar.toc.TocEntry;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of each regular file of a TOC, checked: they cover the file without gap or overlap,
 * and stand in the blob in the order of the TOC, each within the payload. Immutable.
 */
final class ChunkTable {

  private final Chunk[] chunks;

  /** By entry of the TOC: its first chunk. The next entry's is the end. */
  private final int[] firstChunk;

  private ChunkTable(Chunk[] chunks, int[] firstChunk) {
    this.chunks = chunks;
    this.firstChunk = firstChunk;
  }

  /**
   * @param payloadEnd where the last member ends
   * @throws MalformedBlobException if a check fails
   */
  static ChunkTable of(Toc toc, long payloadEnd) throws MalformedBlobException {
    return new Reader(toc, payloadEnd).read();
  }

  /** The chunks of the regular file that is the TOC's entry {@code entry}. */
  List<Chunk> of(int entry) {
    int start = firstChunk[entry];
    int end = firstChunk[entry + 1];
    return end - start == 1
        ? List.of(chunks[start])
        : List.of(Arrays.copyOfRange(chunks, start, end));
  }

  /** Goes through the rows once, remembering the file whose chunks come. Used once. */
  private static final class Reader {
    private final List<TocEntry> rows;
    private final long payloadEnd;
    private final int[] firstChunk;

    /** The rows that are chunks, the files' own among them, and their sizes. */
    private int[] chunkRows = new int[16];

    private long[] sizes = new long[16];
    private int count;

    /** The last row that wasn't a further chunk, and how much of it has been covered. */
    private @Nullable TocEntry file;

    private long covered;
    private long lastOffset;
    private long lastInnerEnd;

    Reader(Toc toc, long payloadEnd) {
      this.rows = toc.entries();
      this.payloadEnd = payloadEnd;
      this.firstChunk = new int[rows.size() + 1];
    }

    ChunkTable read() throws MalformedBlobException {
      for (int i = 0; i < rows.size(); i++) {
        TocEntry row = rows.get(i);
        boolean further = row.type() == EntryType.CHUNK;
        if (!further) {
          finishFile();
          firstChunk[i] = count;
          file = row;
          covered = 0;
          checkSize(row);
        }
        if (further || (row.type() == EntryType.REGULAR && row.size() > 0)) {
          addChunk(i, row);
        }
      }
      finishFile();
      firstChunk[rows.size()] = count;
      return new ChunkTable(chunks(), ends());
    }

    /** Further rows own nothing: their start is moved behind the file's chunks. */
    private int[] ends() {
      for (int i = rows.size() - 1; i >= 0; i--) {
        if (rows.get(i).type() == EntryType.CHUNK) {
          firstChunk[i] = firstChunk[i + 1];
        }
      }
      return firstChunk;
    }

    private void checkSize(TocEntry row) throws MalformedBlobException {
      if (row.size() < 0) {
        throw malformed(row, "size " + row.size());
      }
    }

    private void addChunk(int index, TocEntry row) throws MalformedBlobException {
      TocEntry owner = file;
      if (owner == null || owner.type() != EntryType.REGULAR) {
        throw malformed(row, "a chunk without a file");
      }
      if (row.chunkOffset() != covered) {
        throw malformed(owner, "chunk at " + row.chunkOffset() + ", expected at " + covered);
      }
      long left = owner.size() - covered;
      long size = row.chunkSize() == 0 ? left : row.chunkSize();
      if (size <= 0 || size > left || size > Chunk.MAX_SIZE) {
        throw malformed(owner, "chunk of " + size + " bytes where " + left + " are left");
      }
      checkPlace(owner, row, size);
      if (count == chunkRows.length) {
        chunkRows = Arrays.copyOf(chunkRows, 2 * count);
        sizes = Arrays.copyOf(sizes, 2 * count);
      }
      chunkRows[count] = index;
      sizes[count++] = size;
      covered += size;
    }

    private void checkPlace(TocEntry owner, TocEntry row, long size) throws MalformedBlobException {
      long offset = row.offset();
      long inner = row.innerOffset();
      if (offset < 0 || offset >= payloadEnd || inner < 0 || inner > Long.MAX_VALUE - size) {
        throw malformed(
            owner, "chunk in member " + offset + " at " + inner + ", outside the payload");
      }
      boolean behind =
          count == 0 || offset > lastOffset || (offset == lastOffset && inner >= lastInnerEnd);
      if (!behind) {
        throw malformed(
            owner, "chunk in member " + offset + " at " + inner + " isn't behind the one before");
      }
      lastOffset = offset;
      lastInnerEnd = inner + size;
    }

    private void finishFile() throws MalformedBlobException {
      TocEntry done = file;
      if (done != null && done.type() == EntryType.REGULAR && covered != done.size()) {
        throw malformed(done, "chunks for " + covered + " of " + done.size() + " bytes");
      }
    }

    /** From the last to the first, since a member ends where the next begins. */
    private Chunk[] chunks() {
      Chunk[] chunks = new Chunk[count];
      ByteRange member = new ByteRange(payloadEnd, 0);
      for (int i = count - 1; i >= 0; i--) {
        TocEntry row = rows.get(chunkRows[i]);
        if (row.offset() != member.offset()) {
          member = ByteRange.between(row.offset(), member.offset());
        }
        chunks[i] =
            new Chunk(
                row.chunkOffset(), sizes[i], member, row.innerOffset(), digest(row, sizes[i]));
      }
      return chunks;
    }

    /** A file of one chunk may have only the digest of the whole, which is the same. */
    private static @Nullable Digest digest(TocEntry row, long size) {
      Digest own = row.chunkDigest();
      Digest whole = row.digest();
      boolean single = row.type() == EntryType.REGULAR && size == row.size();
      if (!single || whole == null) {
        return own;
      }
      return own == null || own.equals(whole) ? whole : own;
    }

    private MalformedBlobException malformed(TocEntry row, String what) {
      return new MalformedBlobException("TOC: " + row.name() + ": " + what, payloadEnd);
    }
  }
}
