package io.loadstar.lazy;

import io.loadstar.blob.Digest;
import io.loadstar.cache.ObjectKey;
import io.loadstar.cache.SharingDomain;
import io.loadstar.layer.Chunk;
import io.loadstar.layer.FileChunk;
import io.loadstar.layer.Inode;
import io.loadstar.layer.LayerTree;
import io.loadstar.layer.Member;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The chunks of a layer by file and by member, and what each is called in the store. Immutable.
 *
 * <p>The names are made once, here, so that a read that finds its bytes in the store allocates
 * nothing: 32 bytes for each chunk, 16 for each member, 4 for each inode.
 */
final class LayerIndex {

  private final LayerTree tree;

  /** By inode number: where its chunks start in {@link #keys}. */
  private final int[] firstKey;

  private final ObjectKey[] keys;

  /** Where each member starts and ends in the blob, ascending. */
  private final long[] starts;

  private final long[] ends;

  LayerIndex(LayerTree tree, Digest blob, SharingDomain domain) {
    this.tree = tree;
    int inodes = Math.toIntExact(tree.maxInode());
    this.firstKey = new int[inodes + 1];
    List<ObjectKey> names = new ArrayList<>();
    for (int number = 1; number <= inodes; number++) {
      firstKey[number] = names.size();
      if (tree.inode(number) instanceof Inode.RegularFile file) {
        for (Chunk chunk : file.chunks()) {
          names.add(nameOf(chunk, blob, domain));
        }
      }
    }
    this.keys = names.toArray(new ObjectKey[0]);
    List<Member> members = tree.members();
    this.starts = new long[members.size()];
    this.ends = new long[members.size()];
    for (int i = 0; i < starts.length; i++) {
      starts[i] = members.get(i).range().offset();
      ends[i] = members.get(i).range().end();
    }
  }

  private static ObjectKey nameOf(Chunk chunk, Digest blob, SharingDomain domain) {
    Digest digest = chunk.digest();
    return digest != null
        ? new ObjectKey.ByContent(domain, digest, chunk.size())
        : new ObjectKey.ByPlace(
            domain, blob, chunk.member().offset(), chunk.innerOffset(), chunk.size());
  }

  /** Which chunk of {@code file} holds its byte {@code offset}, which is before its end. */
  int find(Inode.RegularFile file, long offset) {
    List<Chunk> chunks = file.chunks();
    int low = 0;
    int high = chunks.size() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (chunks.get(middle).fileOffset() <= offset) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  /** The name of a file's chunk {@code number}. */
  ObjectKey key(Inode.RegularFile file, int number) {
    return keys[firstKey[(int) file.number()] + number];
  }

  /** The name of a chunk of this layer. */
  ObjectKey key(FileChunk chunk) {
    if (tree.inode(chunk.inode()) instanceof Inode.RegularFile file) {
      return key(file, find(file, chunk.chunk().fileOffset()));
    }
    throw new IllegalArgumentException("no file of this layer: " + chunk);
  }

  /** How many members there are. */
  int members() {
    return starts.length;
  }

  /** The member of this number, in the order of the blob. */
  Member member(int number) {
    return tree.members().get(number);
  }

  /** The number of the member that {@code chunk} is in. */
  int memberOf(Chunk chunk) {
    int number = Arrays.binarySearch(starts, chunk.member().offset());
    if (number < 0) {
      throw new IllegalArgumentException("no chunk of this layer: " + chunk);
    }
    return number;
  }

  /** The number of the first member that starts at {@code offset} or behind it. */
  int firstFrom(long offset) {
    int number = Arrays.binarySearch(starts, offset);
    return number < 0 ? -number - 1 : number;
  }

  /** The number of the first member that ends behind {@code offset}. */
  int firstBehind(long offset) {
    int number = firstFrom(offset);
    return number > 0 && ends[number - 1] > offset ? number - 1 : number;
  }

  /** The first byte of a member in the blob. */
  long start(int member) {
    return starts[member];
  }

  /** The byte behind a member. */
  long end(int member) {
    return ends[member];
  }

  /** How many compressed bytes a member has. */
  long length(int member) {
    return ends[member] - starts[member];
  }
}
