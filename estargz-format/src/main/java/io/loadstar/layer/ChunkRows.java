package io.loadstar.layer;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import java.nio.ByteBuffer;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.RandomAccess;
import org.jspecify.annotations.Nullable;

/**
 * A layer's chunks and members by number, both in the order of the blob. A file's chunks have
 * numbers one behind the other, and so have a member's. Immutable, thread-safe; asking for a number
 * allocates nothing.
 */
public final class ChunkRows {

  private final ByteBuffer index;
  private final int members;
  private final int chunks;
  private final int membersAt;
  private final int chunksAt;
  private final int digestsAt;

  ChunkRows(ByteBuffer index, IndexLayout layout) {
    this.index = index;
    this.members = layout.members();
    this.chunks = layout.chunks();
    this.membersAt = layout.membersAt();
    this.chunksAt = layout.chunksAt();
    this.digestsAt = layout.digestsAt();
  }

  /** How many members there are. */
  public int members() {
    return members;
  }

  /** How many chunks there are. */
  public int chunks() {
    return chunks;
  }

  /** The first byte of a member in the blob. */
  public long memberStart(int member) {
    return index.getLong(memberAt(member));
  }

  /** The byte behind a member in the blob. */
  public long memberEnd(int member) {
    return index.getLong(memberAt(member) + 8);
  }

  /** The first chunk of a member; the number of all chunks for the number of all members. */
  public int firstChunk(int member) {
    return index.getInt(memberAt(member) + 16);
  }

  private int memberAt(int member) {
    return membersAt + member * IndexLayout.MEMBER;
  }

  /** The member that a chunk is in. */
  public int memberOf(int chunk) {
    return index.getInt(chunkAt(chunk) + 24);
  }

  /** The first byte of a chunk in its file. */
  public long fileOffset(int chunk) {
    return index.getLong(chunkAt(chunk));
  }

  /** The first byte of a chunk in its decompressed member. */
  public long innerOffset(int chunk) {
    return index.getLong(chunkAt(chunk) + 8);
  }

  /** How many bytes a chunk has. */
  public int size(int chunk) {
    return index.getInt(chunkAt(chunk) + 16);
  }

  /** Whose a chunk is. */
  public long inodeOf(int chunk) {
    return index.getInt(chunkAt(chunk) + 20);
  }

  /** The digest of a chunk, made anew; null if it has none. */
  public @Nullable Digest digest(int chunk) {
    return digestAt(index.getInt(chunkAt(chunk) + 28));
  }

  /** Whether a chunk has a digest. */
  public boolean hasDigest(int chunk) {
    return index.getInt(chunkAt(chunk) + 28) != 0;
  }

  /** Whether {@code digest} is that of a chunk that has one; makes nothing. */
  public boolean isDigest(int chunk, Digest digest) {
    return digest.isAt(index, digestPosition(chunk));
  }

  /** The {@link Digest#hashCode} of the digest of a chunk that has one. */
  public int digestHash(int chunk) {
    return Digest.hashAt(index, digestPosition(chunk));
  }

  private int digestPosition(int chunk) {
    return digestsAt + (index.getInt(chunkAt(chunk) + 28) - 1) * Digest.BYTES;
  }

  /** By its number, from 1; null for 0. */
  @Nullable Digest digestAt(int number) {
    return number == 0 ? null : Digest.at(index, digestsAt + (number - 1) * Digest.BYTES);
  }

  private int chunkAt(int chunk) {
    return chunksAt + chunk * IndexLayout.CHUNK;
  }

  /** The number of the member that starts at {@code offset}; else -1 and minus the next one's. */
  public int findMember(long offset) {
    int low = 0;
    int high = members - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      long start = memberStart(middle);
      if (start == offset) {
        return middle;
      }
      if (start < offset) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -low - 1;
  }

  /** A chunk by its number, made anew. */
  public Chunk chunk(int number) {
    int member = memberOf(number);
    return new Chunk(
        fileOffset(number),
        size(number),
        ByteRange.between(memberStart(member), memberEnd(member)),
        innerOffset(number),
        digest(number));
  }

  /** A member by its number, made anew. */
  public Member member(int number) {
    int end = firstChunk(number + 1);
    List<FileChunk> contents = new ArrayList<>(end - firstChunk(number));
    for (int chunk = firstChunk(number); chunk < end; chunk++) {
      contents.add(new FileChunk(inodeOf(chunk), chunk(chunk)));
    }
    return new Member(ByteRange.between(memberStart(number), memberEnd(number)), contents);
  }

  /** The chunks from {@code first} on, made when they are asked for. */
  List<Chunk> chunks(int first, int count) {
    return new Run<>(count) {
      @Override
      public Chunk get(int number) {
        return chunk(first + java.util.Objects.checkIndex(number, count));
      }
    };
  }

  /** All members, made when they are asked for. */
  List<Member> memberList() {
    return new Run<>(members) {
      @Override
      public Member get(int number) {
        return member(java.util.Objects.checkIndex(number, members));
      }
    };
  }

  private abstract static class Run<T> extends AbstractList<T> implements RandomAccess {
    private final int count;

    Run(int count) {
      this.count = count;
    }

    @Override
    public int size() {
      return count;
    }
  }
}
