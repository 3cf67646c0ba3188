package io.loadstar.layer;

import io.loadstar.blob.Digest;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * One node of a layer's tree; hardlinked names share it. Immutable.
 *
 * <p>Numbers are the same each time the same TOC is read: a mount that is made again after a
 * restart shows the same ones.
 */
public sealed interface Inode {

  /** From 1, the root's, without gaps. */
  long number();

  Attributes attributes();

  /** How many names it has; of a directory, 2 and one for each directory in it. */
  int linkCount();

  /** Name to value, in the order of the names. Values aren't to be changed. */
  SortedMap<String, byte[]> xattrs();

  /** What stat(2) calls its size: of a file its bytes, of a symlink its target's bytes, else 0. */
  default long size() {
    return 0;
  }

  /** A directory. Its entries are asked of the {@link LayerTree}. */
  record Directory(
      long number, Attributes attributes, int linkCount, SortedMap<String, byte[]> xattrs)
      implements Inode {}

  /**
   * A regular file.
   *
   * @param chunks its content in order, without gaps; empty only if the size is 0
   * @param digest of the whole content, where the TOC has it
   */
  record RegularFile(
      long number,
      Attributes attributes,
      int linkCount,
      SortedMap<String, byte[]> xattrs,
      long size,
      List<Chunk> chunks,
      @Nullable Digest digest)
      implements Inode {}

  /** A symbolic link; the target is kept as it was written. */
  record Symlink(
      long number,
      Attributes attributes,
      int linkCount,
      SortedMap<String, byte[]> xattrs,
      String target)
      implements Inode {

    /** The target's bytes in UTF-8, counted without making them: stat(2) asks each time. */
    @Override
    public long size() {
      long size = 0;
      for (int i = 0; i < target.length(); i++) {
        char unit = target.charAt(i);
        if (unit < 0x80) {
          size++;
        } else if (unit < 0x800 || Character.isSurrogate(unit)) {
          size += 2; // a pair of surrogates is four bytes
        } else {
          size += 3;
        }
      }
      return size;
    }
  }

  /** A device or a fifo. A whiteout in an overlay's lower layer is a character device 0:0. */
  record SpecialFile(
      long number,
      Attributes attributes,
      int linkCount,
      SortedMap<String, byte[]> xattrs,
      SpecialType type,
      int major,
      int minor)
      implements Inode {}

  /** What a {@link SpecialFile} is. */
  enum SpecialType {
    CHARACTER_DEVICE,
    BLOCK_DEVICE,
    FIFO
  }
}
