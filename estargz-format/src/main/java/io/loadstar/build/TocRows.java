package io.loadstar.build;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.toc.EntryType;
import io.loadstar.toc.Toc;
import io.loadstar.toc.TocEntry;
import io.loadstar.toc.TocJson;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes the TOC of a layer whose members are written. Not thread-safe, used once. */
final class TocRows {

  private static final Digest EMPTY = Digest.of(new byte[0]);

  private final int chunkSize;
  private final PrioritizedFiles prioritized;
  private final List<WrittenChunk> chunks;

  /** By their number: chunks of prioritized files that nobody is known to read. */
  private final BitSet unread = new BitSet();

  private final List<TocEntry> rows = new ArrayList<>();
  private final Map<Long, String> userNames = new HashMap<>();
  private final Map<Long, String> groupNames = new HashMap<>();
  private int next;

  /**
   * A chunk that is in the blob.
   *
   * @param offset where its member starts
   * @param innerOffset how many bytes of the member come before it
   */
  record WrittenChunk(long offset, long innerOffset, Digest digest) {}

  private TocRows(BuildOptions options, List<WrittenChunk> chunks) {
    this.chunkSize = options.chunkSize();
    this.prioritized = options.prioritized();
    this.chunks = chunks;
  }

  /**
   * @param entries of the layer, in its order
   * @param digests of files of more than one chunk, by entry
   * @param chunks of all files, in the order of the blob
   */
  static Toc toc(
      List<PlacedEntry> entries,
      List<@Nullable Digest> digests,
      List<WrittenChunk> chunks,
      BuildOptions options) {
    TocRows rows = new TocRows(options, chunks);
    for (int i = 0; i < entries.size(); i++) {
      TocEntry row = entries.get(i).row();
      if (row == null) {
        rows.skip(entries.get(i).entry().size());
      } else {
        rows.add(row, digests.get(i));
      }
    }
    return new Toc(Toc.VERSION, rows.rows, rows.unreadMembers());
  }

  /** Members of which every chunk is unread, neighbours joined. */
  private List<ByteRange> unreadMembers() {
    List<ByteRange> ranges = new ArrayList<>();
    for (int first = unread.nextSetBit(0); first >= 0 && ranges.size() < TocJson.MAX_UNREAD; ) {
      int end = endOfMember(first);
      boolean whole = first == 0 || chunks.get(first - 1).offset() != chunks.get(first).offset();
      // The landmark comes behind all of these: the last member is never one.
      if (whole && unread.nextClearBit(first) >= end && end < chunks.size()) {
        join(ranges, ByteRange.between(chunks.get(first).offset(), chunks.get(end).offset()));
      }
      first = unread.nextSetBit(end);
    }
    return ranges;
  }

  private int endOfMember(int chunk) {
    int end = chunk + 1;
    while (end < chunks.size() && chunks.get(end).offset() == chunks.get(chunk).offset()) {
      end++;
    }
    return end;
  }

  private static void join(List<ByteRange> ranges, ByteRange next) {
    if (!ranges.isEmpty() && ranges.getLast().end() == next.offset()) {
      ranges.addLast(ByteRange.between(ranges.removeLast().offset(), next.end()));
    } else {
      ranges.addLast(next);
    }
  }

  private void add(TocEntry entry, @Nullable Digest digest) {
    TocEntry.Builder row =
        entry.toBuilder()
            .userName(ifNew(userNames, entry.uid(), entry.userName()))
            .groupName(ifNew(groupNames, entry.gid(), entry.groupName()));
    if (entry.type() != EntryType.REGULAR) {
      rows.add(row.build());
      return;
    }
    if (entry.size() == 0) {
      rows.add(row.digest(EMPTY).build());
      return;
    }
    Digest whole = digest == null ? chunks.get(next).digest() : digest;
    note(entry, 0);
    addChunk(row.digest(whole), 0, entry.size());
    for (long offset = chunkSize; offset < entry.size(); offset += chunkSize) {
      TocEntry.Builder further = TocEntry.of(entry.name(), EntryType.CHUNK).chunkOffset(offset);
      note(entry, offset);
      addChunk(further, offset, entry.size());
    }
  }

  /** Whether the next chunk, of what lies from {@code offset} in a file, is one that is read. */
  private void note(TocEntry file, long offset) {
    unread.set(next, !prioritized.wants(file.name(), offset, offset + chunkSize));
  }

  /** Passes over the chunks of a file that nothing names any more. */
  private void skip(long size) {
    next += (int) ((size + chunkSize - 1) / chunkSize);
  }

  /** The last piece of a file, if shorter than the others, doesn't say how long it is. */
  private void addChunk(TocEntry.Builder row, long offset, long size) {
    WrittenChunk chunk = chunks.get(next++);
    rows.add(
        row.offset(chunk.offset())
            .innerOffset(chunk.innerOffset())
            .chunkSize(size - offset >= chunkSize ? chunkSize : 0)
            .chunkDigest(chunk.digest())
            .build());
  }

  /** A name is written where it isn't the last one that was written for its number. */
  private static String ifNew(Map<Long, String> last, long id, String name) {
    return name.isEmpty() || name.equals(last.put(id, name)) ? "" : name;
  }
}
