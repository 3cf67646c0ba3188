package io.loadstar.convert;

import io.loadstar.oci.Descriptor;

/**
 * Is told how a conversion or a copy gets on. Thread-safe: several layers are under way at once.
 */
public interface ConversionListener {

  /** A layer of the source will be brought over, converted or not; may be said more than once. */
  default void planned(Descriptor layer) {}

  /** What was planned is at the destination. */
  default void arrived(Descriptor layer) {}

  /** A blob of the source begins to be read. */
  void readStarted(Descriptor blob);

  /** So many more of its bytes have been read. */
  void read(Descriptor blob, long bytes);

  /** It has been read, well or not. */
  void readEnded(Descriptor blob);

  /** A blob begins to be stored at the destination. */
  void writeStarted(Descriptor blob);

  /** So many more of its bytes have been stored; an upload that starts over counts them again. */
  void written(Descriptor blob, long bytes);

  /** It has been stored, or hasn't. */
  void writeEnded(Descriptor blob);

  /** A layer is at the destination, in the form that the image will have. */
  void layerDone(LayerReport layer);

  /** Something that the user should know. */
  void notice(String line);

  /** Takes no notice. */
  static ConversionListener silent() {
    return new SilentListener();
  }
}
