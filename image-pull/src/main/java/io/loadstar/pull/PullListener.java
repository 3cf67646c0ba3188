package io.loadstar.pull;

import io.loadstar.oci.Descriptor;

/** Is told how a pull gets on. Called from several threads at once. */
public interface PullListener {

  /** A layer's blob begins to be downloaded. */
  void downloadStarted(Descriptor layer);

  /** So many more bytes of it are here. */
  void downloaded(Descriptor layer, long bytes);

  /** The download is over, well or not. */
  void downloadEnded(Descriptor layer);

  /** A layer is ready. Called in the order of the layers, lowest first. */
  void layerReady(LayerOutcome outcome);
}
