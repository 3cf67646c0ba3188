package io.loadstar.build;

import io.loadstar.blob.ByteRange;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Splits the tar into members: one begins at each payload, and at each further chunk of it; a
 * header stands at the end of the member before its payload. Not thread-safe, used once.
 */
final class ChunkSplitter {

  private final int chunkSize;
  private final List<PlannedMember> members = new ArrayList<>();

  /** What is gathered for the member that isn't complete yet. */
  private List<ByteRange> ranges = new ArrayList<>(1);

  private int currentChunk;
  private @Nullable ByteRange last;

  private ChunkSplitter(int chunkSize) {
    this.chunkSize = chunkSize;
  }

  /** The members of a layer of these entries, in their order. */
  static List<PlannedMember> split(List<SpooledEntry> entries, int chunkSize) {
    ChunkSplitter splitter = new ChunkSplitter(chunkSize);
    for (SpooledEntry entry : entries) {
      splitter.add(entry);
    }
    splitter.beginMember(0);
    return splitter.members;
  }

  private void add(SpooledEntry entry) {
    append(ByteRange.between(entry.offset(), entry.payloadOffset()));
    long position = entry.payloadOffset();
    long payloadEnd = position + entry.size();
    while (position < payloadEnd) {
      int size = (int) Math.min(chunkSize, payloadEnd - position);
      beginMember(size);
      append(new ByteRange(position, size));
      position += size;
    }
    append(ByteRange.between(payloadEnd, entry.end()));
  }

  private void beginMember(int chunk) {
    flush();
    if (!ranges.isEmpty()) {
      members.add(new PlannedMember(currentChunk, List.copyOf(ranges)));
      ranges = new ArrayList<>(1);
    }
    currentChunk = chunk;
  }

  /** Entries that keep their neighbours are one range, and so one read. */
  private void append(ByteRange range) {
    if (range.length() == 0) {
      return;
    }
    ByteRange before = last;
    if (before != null && before.end() == range.offset()) {
      last = ByteRange.between(before.offset(), range.end());
      return;
    }
    flush();
    last = range;
  }

  private void flush() {
    ByteRange complete = last;
    if (complete != null) {
      ranges.add(complete);
      last = null;
    }
  }
}
