package io.loadstar.registry;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.Digest;
import io.loadstar.blob.DigestMismatchException;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageReference;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.MalformedDocumentException;
import io.loadstar.oci.Referrer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/** An image in a registry. Thread-safe. */
final class RegistryImageSource implements ImageSource {

  private final RegistryClient client;
  private final ImageReference image;

  RegistryImageSource(RegistryClient client, ImageReference image) {
    this.client = client;
    this.image = image;
  }

  ImageReference image() {
    return image;
  }

  @Override
  public ImageDocument resolve() throws IOException {
    return client.resolve(image);
  }

  @Override
  public ImageDocument manifest(Descriptor descriptor) throws IOException {
    return client.manifest(image, descriptor);
  }

  @Override
  public List<Referrer> referrers(Digest subject) throws IOException {
    return client.referrers(image, subject);
  }

  @Override
  public Optional<ImageSource> tocImage() {
    return image.tocImage().map(client::source);
  }

  @Override
  public byte[] smallBlob(Descriptor descriptor) throws IOException {
    if (descriptor.size() > MAX_SMALL_BLOB_BYTES) {
      throw new MalformedDocumentException(
          "blob " + descriptor.digest(), "it has " + descriptor.size() + " bytes, too many");
    }
    byte[] bytes = new byte[(int) descriptor.size()];
    try (BlobSource blob = client.openBlob(image, descriptor)) {
      blob.readFully(0, ByteBuffer.wrap(bytes));
    }
    Digest actual = Digest.of(bytes);
    if (!actual.equals(descriptor.digest())) {
      throw new DigestMismatchException("blob of " + image.name(), descriptor.digest(), actual);
    }
    return bytes;
  }

  @Override
  public BlobSource openBlob(Descriptor descriptor) {
    return client.openBlob(image, descriptor);
  }

  @Override
  public void close() {}

  @Override
  public String toString() {
    return image.toString();
  }
}
