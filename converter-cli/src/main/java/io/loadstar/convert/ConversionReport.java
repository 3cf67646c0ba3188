package io.loadstar.convert;

import io.loadstar.blob.Digest;
import java.util.List;

/**
 * What a conversion did. Immutable.
 *
 * @param source the digest of what the source's location named
 * @param result the digest of what the destination's location names now
 * @param images the images that were converted: one, or an index's in its order
 */
public record ConversionReport(Digest source, Digest result, List<Image> images) {

  public ConversionReport {
    images = List.copyOf(images);
  }

  /**
   * One image.
   *
   * @param platform what it runs on, or "unknown"
   * @param before the digest of its manifest in the source
   * @param after the digest of its manifest in the destination
   * @param layers lowest first
   */
  public record Image(String platform, Digest before, Digest after, List<LayerReport> layers) {

    public Image {
      layers = List.copyOf(layers);
    }
  }
}
