package io.loadstar.inspect;

import io.loadstar.format.LayerBlob;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The TOC of one of an image's layers, to the byte. Stateless. */
public final class LayerToc {

  private LayerToc() {}

  /**
   * Its JSON.
   *
   * @param wanted the layer: its number from 0 (the lowest) on, or how its digest begins; null for
   *     the only one that has a TOC
   * @throws InspectionException if there is no such layer, or it has no TOC
   * @throws IOException if it can't be read, or isn't the TOC that the manifest names
   */
  public static ByteBuffer json(ImageSource source, PickedImage image, @Nullable String wanted)
      throws IOException {
    List<OpenedLayer> found = new ArrayList<>();
    for (int i = 0; i < image.layers().size(); i++) {
      Descriptor layer = image.layers().get(i);
      if (wanted == null || isMeant(layer, i, wanted)) {
        OpenedLayer opened = OpenedLayer.open(source, layer);
        if (opened.blob().isPresent()) {
          found.add(opened);
        } else if (wanted != null) {
          throw new InspectionException(
              source + ": layer " + layer.digest() + " is an ordinary one, without a TOC");
        }
      }
    }
    if (found.size() != 1) {
      throw new InspectionException(
          source
              + " has "
              + (found.isEmpty() ? "no such layer with a TOC" : found.size() + " layers with a TOC")
              + "; choose with --layer from 0 to "
              + (image.layers().size() - 1)
              + ", or by digest");
    }
    OpenedLayer layer = found.getFirst();
    var _ = layer.toc();
    LayerBlob blob = layer.blob().orElseThrow();
    return blob.toc().json();
  }

  private static boolean isMeant(Descriptor layer, int index, String wanted) {
    boolean number = wanted.length() <= 4 && wanted.chars().allMatch(Character::isDigit);
    return number
        ? wanted.equals(Integer.toString(index))
        : layer.digest().toString().startsWith(wanted) || layer.digest().hex().startsWith(wanted);
  }
}
