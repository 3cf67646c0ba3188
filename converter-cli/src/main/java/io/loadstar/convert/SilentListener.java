package io.loadstar.convert;

import io.loadstar.oci.Descriptor;

/** Takes no notice. Stateless. */
final class SilentListener implements ConversionListener {

  @Override
  public void readStarted(Descriptor blob) {}

  @Override
  public void read(Descriptor blob, long bytes) {}

  @Override
  public void readEnded(Descriptor blob) {}

  @Override
  public void writeStarted(Descriptor blob) {}

  @Override
  public void written(Descriptor blob, long bytes) {}

  @Override
  public void writeEnded(Descriptor blob) {}

  @Override
  public void layerDone(LayerReport layer) {}

  @Override
  public void notice(String line) {}
}
