package io.loadstar.format;

import io.loadstar.blob.ByteRange;

/**
 * Where a blob keeps its TOC. Immutable.
 *
 * @param payloadEnd the offset where the members with the layer's content end
 * @param compressed the bytes that the TOC is read from; empty if it isn't in the blob
 */
record TocPlace(long payloadEnd, ByteRange compressed) {}
