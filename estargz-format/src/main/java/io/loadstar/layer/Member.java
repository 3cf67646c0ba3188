package io.loadstar.layer;

import io.loadstar.blob.ByteRange;
import java.util.List;

/**
 * A part of the blob that decompresses on its own, and the chunks in it. Immutable.
 *
 * @param range where it lies in the blob
 * @param chunks what is to be found in it, by ascending inner offset; one or more
 */
public record Member(ByteRange range, List<FileChunk> chunks) {

  public Member {
    chunks = List.copyOf(chunks);
    if (chunks.isEmpty()) {
      throw new IllegalArgumentException("a member without chunks");
    }
  }

  /** The member of {@code chunk}, without the others that may share it. */
  public static Member of(FileChunk chunk) {
    return new Member(chunk.chunk().member(), List.of(chunk));
  }
}
