package io.loadstar.lazy;

import io.loadstar.blob.Digest;
import io.loadstar.cache.ContentStore;
import io.loadstar.cache.ObjectKey;
import io.loadstar.cache.SharingDomain;
import io.loadstar.cache.SoughtObject;
import io.loadstar.layer.ChunkRows;
import io.loadstar.layer.FileChunk;
import io.loadstar.layer.InodeRows;
import io.loadstar.layer.LayerTree;
import io.loadstar.layer.Member;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of a layer by file and by member, and what each is called in the store. Thread-safe.
 *
 * <p>Everything stands in the tree's index, off the heap where that is mapped. Names are made when
 * they are asked for, and the last few are kept, so that a fetch that goes on in a chunk allocates
 * nothing: some kilobytes for a layer. A read of what the store has needs none: {@link #find}.
 */
final class LayerIndex {

  /** How many names are kept, by the last bits of the chunk's number; a power of 2. */
  private static final int KEPT_NAMES = 64;

  private final InodeRows inodes;
  private final ChunkRows chunks;
  private final Digest blob;
  private final SharingDomain domain;

  /** Written by any thread: who sees an old one makes the name again. */
  private final @Nullable Named[] kept = new Named[KEPT_NAMES];

  private record Named(int chunk, ObjectKey key) {}

  /** What a thread looks for with: it needs no name of its own then. */
  private static final ThreadLocal<SoughtChunk> SOUGHT = ThreadLocal.withInitial(SoughtChunk::new);

  LayerIndex(LayerTree tree, Digest blob, SharingDomain domain) {
    this.inodes = tree.inodes();
    this.chunks = tree.chunks();
    this.blob = blob;
    this.domain = domain;
  }

  /** The size of a file. */
  long size(long file) {
    return inodes.size(file);
  }

  /** How many chunks a file has. */
  int chunkCount(long file) {
    return inodes.chunkCount(file);
  }

  /** The number of the chunk of {@code file} that holds its byte {@code offset}. */
  int find(long file, long offset) {
    int low = inodes.firstChunk(file);
    int high = low + inodes.chunkCount(file) - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (chunks.fileOffset(middle) <= offset) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  /** Where a chunk begins in its file. */
  long fileOffset(int chunk) {
    return chunks.fileOffset(chunk);
  }

  /** How many bytes a chunk has. */
  int chunkSize(int chunk) {
    return chunks.size(chunk);
  }

  /** The name of a chunk. */
  ObjectKey key(int chunk) {
    int place = chunk & (KEPT_NAMES - 1);
    Named named = kept[place];
    if (named == null || named.chunk != chunk) {
      named = new Named(chunk, nameOf(chunk));
      kept[place] = named;
    }
    return named.key;
  }

  /**
   * The name of a chunk that {@code store} can be asked for; null if it would miss. Makes nothing,
   * unless the chunk has no digest.
   */
  @Nullable ObjectKey find(int chunk, ContentStore store) {
    Named named = kept[chunk & (KEPT_NAMES - 1)];
    if (named != null && named.chunk == chunk) {
      return named.key;
    }
    if (!chunks.hasDigest(chunk)) {
      return key(chunk);
    }
    SoughtChunk sought = SOUGHT.get();
    sought.index = this;
    sought.chunk = chunk;
    ObjectKey key = store.find(sought);
    sought.index = null;
    return key;
  }

  /** A chunk as what is sought in the store. Confined to its thread. */
  private static final class SoughtChunk extends SoughtObject {
    private @Nullable LayerIndex index;
    private int chunk;

    private LayerIndex index() {
      return Objects.requireNonNull(index);
    }

    @Override
    protected SharingDomain domain() {
      return index().domain;
    }

    @Override
    protected long size() {
      return index().chunks.size(chunk);
    }

    @Override
    protected int digestHash() {
      return index().chunks.digestHash(chunk);
    }

    @Override
    protected boolean isDigest(Digest digest) {
      return index().chunks.isDigest(chunk, digest);
    }

    @Override
    protected ObjectKey.ByContent key() {
      return new ObjectKey.ByContent(
          domain(), Objects.requireNonNull(index().chunks.digest(chunk)), size());
    }
  }

  private ObjectKey nameOf(int chunk) {
    Digest digest = chunks.digest(chunk);
    return digest != null
        ? new ObjectKey.ByContent(domain, digest, chunks.size(chunk))
        : new ObjectKey.ByPlace(
            domain,
            blob,
            chunks.memberStart(chunks.memberOf(chunk)),
            chunks.innerOffset(chunk),
            chunks.size(chunk));
  }

  /** The name of a chunk of this layer. */
  ObjectKey key(FileChunk chunk) {
    return key(find(chunk.inode(), chunk.chunk().fileOffset()));
  }

  /** How many members there are. */
  int members() {
    return chunks.members();
  }

  /** The member of this number, in the order of the blob. */
  Member member(int number) {
    return chunks.member(number);
  }

  /** The first chunk of a member; the next member's is the end. */
  int firstChunk(int member) {
    return chunks.firstChunk(member);
  }

  /** The number of the member that a chunk is in. */
  int memberOf(int chunk) {
    return chunks.memberOf(chunk);
  }

  /** The number of the first member that starts at {@code offset} or behind it. */
  int firstFrom(long offset) {
    int number = chunks.findMember(offset);
    return number < 0 ? -number - 1 : number;
  }

  /** The number of the first member that ends behind {@code offset}. */
  int firstBehind(long offset) {
    int number = firstFrom(offset);
    return number > 0 && end(number - 1) > offset ? number - 1 : number;
  }

  /** The first byte of a member in the blob. */
  long start(int member) {
    return chunks.memberStart(member);
  }

  /** The byte behind a member. */
  long end(int member) {
    return chunks.memberEnd(member);
  }

  /** How many compressed bytes a member has. */
  long length(int member) {
    return end(member) - start(member);
  }

  /** What a member takes in memory while it is decoded: itself and its largest chunk. */
  long cost(int member) {
    int largest = 0;
    for (int chunk = firstChunk(member); chunk < firstChunk(member + 1); chunk++) {
      largest = Math.max(largest, chunks.size(chunk));
    }
    return length(member) + largest;
  }
}
