package io.loadstar.pull;

import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageProcess;
import io.loadstar.oci.ImageReference;
import java.util.List;

/** Is told how a pull gets on. Called from several threads at once. */
public interface PullListener {

  /**
   * The manifest is here, and with it what the snapshotter will be asked for, one after the other,
   * when the rest of the image's documents is here, too.
   *
   * @param layers those of which the manifest promises a TOC, lowest first
   */
  default void lazyLayersKnown(ImageReference image, List<Descriptor> layers) {}

  /** Every layer is ready, and so the image may be run. */
  default void layersReady(ImageReference image, ImageProcess process) {}

  /** A layer's blob begins to be downloaded. */
  void downloadStarted(PulledLayer layer);

  /** So many more bytes of it are here. */
  void downloaded(PulledLayer layer, long bytes);

  /** The download is over, well or not. */
  void downloadEnded(PulledLayer layer);

  /** A layer is ready. Called in the order of the layers, lowest first. */
  void layerReady(LayerOutcome outcome);
}
