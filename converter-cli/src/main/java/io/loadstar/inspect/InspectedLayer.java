package io.loadstar.inspect;

import io.loadstar.blob.Digest;
import io.loadstar.oci.Descriptor;
import java.util.Optional;

/**
 * What is in a layer. Immutable.
 *
 * @param descriptor as the manifest has it
 * @param diffId as the config has it
 * @param format in words; "ordinary" if it can't be read lazily
 * @param tocDigest of the TOC that the blob has
 * @param trust how far that can be relied on
 * @param plan where what is; none of an ordinary layer
 */
public record InspectedLayer(
    Descriptor descriptor,
    Digest diffId,
    String format,
    Optional<Digest> tocDigest,
    OpenedLayer.Trust trust,
    Optional<BlobPlan> plan) {}
