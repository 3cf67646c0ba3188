package io.loadstar.remote;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.Digest;
import io.loadstar.format.LayerBlob;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageReference;
import io.loadstar.oci.TocImage;
import io.loadstar.registry.BlobTail;
import io.loadstar.registry.RegistryClient;
import java.io.IOException;
import java.util.function.Supplier;

/** Opens layers in registries. Thread-safe; the client belongs to who made it. */
public final class RegistryLayerOpener implements LayerOpener {

  /** Where the media type of a blob doesn't matter: RFC 2046, section 4.5.1. */
  private static final String ANY_BYTES = "application/octet-stream";

  private final Supplier<RegistryClient> client;

  /**
   * @param client is asked for when the first layer is opened: making one costs a part of a second
   */
  public RegistryLayerOpener(Supplier<RegistryClient> client) {
    this.client = client;
  }

  @Override
  public Opened open(ImageReference image, Digest layer, int tailBytes) throws IOException {
    BlobTail tail = client.get().openTail(image, layer, tailBytes);
    return new Opened(
        tail.source(), LayerBlob.open(tail, tailBytes, TocImage.of(client.get().source(image))));
  }

  @Override
  public BlobSource openWhole(ImageReference image, Digest layer) throws IOException {
    return client.get().openTail(image, layer, 1).source();
  }

  @Override
  public BlobSource reopen(ImageReference image, Digest layer, long size) {
    return client.get().openBlob(image, Descriptor.of(ANY_BYTES, layer, size));
  }
}
