package io.loadstar.build;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * The TOC of a layer that was built. Immutable.
 *
 * @param digest of its JSON
 * @param size of its JSON in bytes
 * @param compressed where in the blob it is, compressed; empty if it isn't in the blob
 * @param compressedDigest of that
 * @param external the layer of a TOC image that it makes: a gzipped tar with the TOC, read-only;
 *     where the format has the TOC outside of the blob
 */
public record WrittenToc(
    Digest digest,
    long size,
    ByteRange compressed,
    Digest compressedDigest,
    Optional<ByteBuffer> external) {}
