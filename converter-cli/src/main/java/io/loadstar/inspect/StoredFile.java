package io.loadstar.inspect;

/**
 * A file's place in a blob. Immutable.
 *
 * @param path as the layer has it, cleaned
 * @param size of its content
 * @param offset where in the blob its first chunk's member starts
 * @param compressed bytes of the members that begin with it; 0 if it shares another file's
 * @param chunks how many it has
 * @param prefetched whether it lies before the landmark
 */
public record StoredFile(
    String path, long size, long offset, long compressed, int chunks, boolean prefetched) {}
