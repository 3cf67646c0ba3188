package io.loadstar.registry;

import io.loadstar.blob.BlobSource;
import io.loadstar.oci.BlobContent;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDestination;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageReference;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.MalformedReferenceException;
import java.io.IOException;
import java.util.Optional;

/** An image in a registry, to be written. Thread-safe. */
final class RegistryImageDestination implements ImageDestination {

  private final RegistryClient client;
  private final ImageReference image;

  RegistryImageDestination(RegistryClient client, ImageReference image) {
    if (image.digest() != null) {
      throw new MalformedReferenceException(
          "image " + image + " can't be written to: a digest is computed, not chosen – give a tag");
    }
    this.client = client;
    this.image = image;
  }

  @Override
  public boolean hasBlob(Descriptor blob) throws IOException {
    return client.hasBlob(image, blob.digest());
  }

  @Override
  public boolean takeBlob(Descriptor blob, ImageSource source) throws IOException {
    return source instanceof RegistryImageSource registry
        && client.mountBlob(image, blob.digest(), registry.image());
  }

  @Override
  public BlobSource openBlob(Descriptor blob) {
    return client.openBlob(image, blob);
  }

  @Override
  public void putBlob(Descriptor blob, BlobContent content) throws IOException {
    client.putBlob(image, blob, content);
  }

  @Override
  public Optional<ImageDestination> tocImage() {
    return image.tocImage().map(client::destination);
  }

  @Override
  public void putManifest(ImageDocument manifest) throws IOException {
    client.putUnnamed(image, manifest);
  }

  @Override
  public void publish(ImageDocument published) throws IOException {
    client.putManifest(image, published);
  }

  @Override
  public void close() {}

  @Override
  public String toString() {
    return image.toString();
  }
}
