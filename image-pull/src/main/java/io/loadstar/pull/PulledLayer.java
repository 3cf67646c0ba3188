package io.loadstar.pull;

import io.loadstar.blob.Digest;

/**
 * A layer's blob, to those who are told how a pull gets on. Immutable.
 *
 * @param digest of the blob
 * @param size of the blob in bytes
 */
public record PulledLayer(Digest digest, long size) {}
