package io.loadstar.remote;

import io.loadstar.blob.Digest;
import io.loadstar.oci.ImageReference;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a layer comes from, as its labels say. Immutable.
 *
 * @param image the image it is asked for with
 * @param layer the digest of its blob
 * @param tocDigest what the image's manifest promises of its TOC; null if it promises nothing
 * @param neighbours other layers of the image that will be asked for next
 * @param asked who asks for it, and what he takes
 */
record LayerSource(
    ImageReference image,
    Digest layer,
    @Nullable Digest tocDigest,
    List<Digest> neighbours,
    Asked asked) {

  /**
   * Who asks for a layer.
   *
   * @param namespace containerd's; empty if it isn't known
   * @param mayBeUnverified whether he takes it without a promise
   */
  record Asked(String namespace, boolean mayBeUnverified) {}

  LayerSource {
    neighbours = List.copyOf(neighbours);
  }

  @Override
  public String toString() {
    return "layer " + layer + " of " + image;
  }
}
