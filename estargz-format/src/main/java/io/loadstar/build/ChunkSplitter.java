package io.loadstar.build;

import io.loadstar.blob.ByteRange;
import io.loadstar.build.PlannedMember.PlannedChunk;
import io.loadstar.layer.Landmark;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Splits the tar into members: one begins at each payload, and at each further chunk of it; a
 * header stands at the end of the member before its payload. Where members have a least size, a
 * chunk joins the member before it until that has as much. Not thread-safe, used once.
 *
 * <p>That size counts uncompressed bytes, which are known before anything is compressed; so members
 * can still be compressed side by side.
 */
final class ChunkSplitter {

  private final int chunkSize;
  private final int minSize;
  private final List<PlannedMember> members = new ArrayList<>();

  /** What is gathered for the member that isn't complete yet. */
  private List<ByteRange> ranges = new ArrayList<>(1);

  private List<PlannedChunk> chunks = new ArrayList<>(1);
  private long memberSize;
  private @Nullable ByteRange last;

  private ChunkSplitter(int chunkSize, int minSize) {
    this.chunkSize = chunkSize;
    this.minSize = minSize;
  }

  /**
   * The members of a layer.
   *
   * @param entries in their order
   * @param rest what follows them
   */
  static List<PlannedMember> split(
      List<SpooledEntry> entries, ByteRange rest, BuildOptions options) {
    ChunkSplitter splitter = new ChunkSplitter(options.chunkSize(), options.minChunkSize());
    for (SpooledEntry entry : entries) {
      splitter.add(entry);
    }
    splitter.append(rest);
    splitter.endMember();
    return splitter.members;
  }

  private void add(SpooledEntry entry) {
    append(ByteRange.between(entry.offset(), entry.payloadOffset()));
    long position = entry.payloadOffset();
    long payloadEnd = position + entry.size();
    while (position < payloadEnd) {
      int size = (int) Math.min(chunkSize, payloadEnd - position);
      if (chunks.isEmpty() || memberSize >= minSize || isLandmark(entry)) {
        endMember();
      }
      chunks.add(new PlannedChunk(memberSize, size));
      append(new ByteRange(position, size));
      position += size;
    }
    append(ByteRange.between(payloadEnd, entry.end()));
  }

  /** Where a landmark's member starts is where the prefetch ends: so it has one of its own. */
  private static boolean isLandmark(SpooledEntry entry) {
    return entry.cleanName().equals(Landmark.PREFETCH)
        || entry.cleanName().equals(Landmark.NO_PREFETCH);
  }

  private void endMember() {
    flush();
    if (!ranges.isEmpty()) {
      members.add(new PlannedMember(List.copyOf(chunks), List.copyOf(ranges)));
    }
    ranges = new ArrayList<>(1);
    chunks = new ArrayList<>(1);
    memberSize = 0;
  }

  /** Entries that keep their neighbours are one range, and so one read. */
  private void append(ByteRange range) {
    if (range.length() == 0) {
      return;
    }
    memberSize += range.length();
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
