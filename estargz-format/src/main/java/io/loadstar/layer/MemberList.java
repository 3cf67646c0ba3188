package io.loadstar.layer;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.RandomAccess;
import org.jspecify.annotations.Nullable;

/**
 * The members of a layer in the order of the blob. Immutable.
 *
 * <p>Kept for each layer that is mounted: so it holds two arrays of one word per chunk, and makes a
 * {@link Member} when asked.
 */
final class MemberList extends AbstractList<Member> implements RandomAccess {

  /** By place in the blob, then in the member. */
  private final Chunk[] chunks;

  /** Inode numbers, beside {@link #chunks}. */
  private final int[] owners;

  /** Where in these each member starts, and the end. */
  private final int[] starts;

  private MemberList(Chunk[] chunks, int[] owners, int[] starts) {
    this.chunks = chunks;
    this.owners = owners;
    this.starts = starts;
  }

  /** The members of all files among {@code inodes}. */
  static MemberList of(Iterable<@Nullable Inode> inodes) {
    List<FileChunk> all = new ArrayList<>();
    for (Inode inode : inodes) {
      if (inode instanceof Inode.RegularFile file) {
        for (Chunk chunk : file.chunks()) {
          all.add(new FileChunk(file.number(), chunk));
        }
      }
    }
    all.sort(
        Comparator.comparingLong((FileChunk c) -> c.chunk().member().offset())
            .thenComparingLong(c -> c.chunk().innerOffset()));
    Chunk[] chunks = new Chunk[all.size()];
    int[] owners = new int[all.size()];
    int[] starts = new int[all.size() + 1];
    int members = 0;
    for (int i = 0; i < chunks.length; i++) {
      chunks[i] = all.get(i).chunk();
      owners[i] = (int) all.get(i).inode();
      if (i == 0 || chunks[i].member().offset() != chunks[i - 1].member().offset()) {
        starts[members++] = i;
      }
    }
    starts[members] = chunks.length;
    return new MemberList(chunks, owners, Arrays.copyOf(starts, members + 1));
  }

  @Override
  public int size() {
    return starts.length - 1;
  }

  @Override
  public Member get(int index) {
    List<FileChunk> contents = new ArrayList<>(starts[index + 1] - starts[index]);
    for (int i = starts[index]; i < starts[index + 1]; i++) {
      contents.add(new FileChunk(owners[i], chunks[i]));
    }
    return new Member(chunks[starts[index]].member(), contents);
  }

  /** The index of the member that starts at {@code offset} of the blob; negative if none does. */
  int indexOf(long offset) {
    int low = 0;
    int high = size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      long start = chunks[starts[middle]].member().offset();
      if (start == offset) {
        return middle;
      }
      if (start < offset) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -1;
  }
}
