package io.loadstar.layer;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import org.jspecify.annotations.Nullable;

/**
 * A run of one file's bytes that is verified as a unit. Immutable.
 *
 * @param fileOffset its first byte in the file
 * @param size its uncompressed size in bytes, more than 0, at most {@link #MAX_SIZE}
 * @param member where the compressed member that holds it lies in the blob; the range may hold more
 *     members behind the one that is meant, never less than all of it
 * @param innerOffset how many uncompressed bytes of the member come before it
 * @param digest the digest of its uncompressed bytes; null only in a legacy layer that was accepted
 *     without verification
 */
public record Chunk(
    long fileOffset, long size, ByteRange member, long innerOffset, @Nullable Digest digest) {

  /**
   * The largest chunk that is taken, in bytes. A chunk is verified as a whole and so has to fit
   * into memory; writers make them 1 or 4 MiB unless told otherwise.
   */
  public static final long MAX_SIZE = 64 << 20;

  public Chunk {
    if (fileOffset < 0 || size <= 0 || size > MAX_SIZE || innerOffset < 0) {
      throw new IllegalArgumentException(
          "no such chunk: offset " + fileOffset + ", size " + size + ", inner " + innerOffset);
    }
  }
}
