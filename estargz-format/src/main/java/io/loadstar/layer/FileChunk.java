package io.loadstar.layer;

/**
 * A chunk, and whose it is. Immutable.
 *
 * @param inode the number of the {@link Inode.RegularFile}
 * @param chunk one of its chunks
 */
public record FileChunk(long inode, Chunk chunk) {}
