package io.loadstar.inspect;

import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.MediaTypes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Verifies all layers of an image; its documents were verified as they were read. Stateless. */
public final class ImageVerifier {

  private ImageVerifier() {}

  /**
   * Does it.
   *
   * @param each is told of each layer when it is done
   * @return the layers, lowest first; foreign ones, which can't be had, aren't among them
   * @throws IOException if a layer can't be read
   */
  public static List<VerifiedLayer> verify(
      ImageSource source, PickedImage image, Consumer<VerifiedLayer> each) throws IOException {
    List<VerifiedLayer> layers = new ArrayList<>();
    for (int i = 0; i < image.layers().size(); i++) {
      Descriptor layer = image.layers().get(i);
      if (MediaTypes.isForeignLayer(layer.mediaType())) {
        continue;
      }
      VerifiedLayer verified =
          new LayerVerifier(source, layer, image.config().diffIds().get(i)).verify();
      layers.add(verified);
      each.accept(verified);
    }
    return layers;
  }
}
