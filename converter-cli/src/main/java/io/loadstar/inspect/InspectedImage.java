package io.loadstar.inspect;

import io.loadstar.format.LayerBlob;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageSource;
import io.loadstar.toc.Toc;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is in an image, as far as its documents and its layers' TOCs tell. Immutable.
 *
 * @param image its documents
 * @param layers lowest first
 */
public record InspectedImage(PickedImage image, List<InspectedLayer> layers) {

  public InspectedImage {
    layers = List.copyOf(layers);
  }

  /**
   * Looks into {@code image}: of each layer the end is read, no more.
   *
   * @throws io.loadstar.blob.DigestMismatchException if a TOC isn't the one that the manifest names
   * @throws IOException if a layer can't be read or isn't what its end says
   */
  public static InspectedImage of(ImageSource source, PickedImage image) throws IOException {
    List<InspectedLayer> layers = new ArrayList<>();
    for (int i = 0; i < image.layers().size(); i++) {
      Descriptor descriptor = image.layers().get(i);
      OpenedLayer opened = OpenedLayer.open(source, descriptor);
      Optional<Toc> toc = opened.toc();
      Optional<LayerBlob> blob = opened.blob();
      Optional<BlobPlan> plan =
          toc.isPresent() && blob.isPresent()
              ? Optional.of(BlobPlan.of(blob.get(), toc.get()))
              : Optional.empty();
      layers.add(
          new InspectedLayer(
              descriptor,
              image.config().diffIds().get(i),
              blob.map(each -> FormatName.of(each.format())).orElse("ordinary"),
              blob.map(each -> each.toc().digest()),
              opened.trust(),
              plan));
    }
    return new InspectedImage(image, layers);
  }

  /** Bytes of all blobs. */
  public long size() {
    return layers.stream().mapToLong(layer -> layer.descriptor().size()).sum();
  }
}
